//! What an operation can be refused with, for the OpenAPI document: who may call adds some statuses, what is read adds
//! some, and what is done adds those that its attribute names. In debug builds every answer is held against the
//! document, so that no test passes with one that is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use utoipa::IntoResponses;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, Required, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use super::AppState;
use super::error::ApiError;

/// Another machine that calls too often, and a fault of ours.
pub const PUBLIC: &[u16] = &[429, 500];
/// A wrong place to call from, or an admin token that is missing, besides.
pub const GUARDED: &[u16] = &[403, 429, 500];
/// A missing token is 401 there.
pub const ASSIST: &[u16] = &[401, 403, 429, 500];
/// As `signed::Signed` refuses, before anything is made of the body.
pub const SIGNED: &[u16] = &[401, 403, 408, 415, 429, 500];

const PROBLEM: &str = "Problem";

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $($status:literal)+;)+) => {
        $(
            $(#[doc = $doc])+
            pub struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
                    [$($status),+].into_iter().map(problem).collect()
                }
            }
        )+
    };
}

refusals! {
    /// Jobs are read: their database can be locked.
    ReadsJobs = 503;
    /// One of them is, which may not be there.
    NamesJob = 404 503;
    /// One is changed, which may be in another state.
    ChangesJob = 404 409 429 503;
    /// A job is accepted: its key, its budgets, the place of its results.
    Accepts = 409 422 429 503;
    /// Something else is named, which may not be there.
    Names = 404;
    /// Deliveries are read.
    ReadsDeliveries = 503;
    /// One of them is sent again.
    ChangesDelivery = 404 409 503;
    /// The settings say which model is asked; it may lack a key.
    PicksModel = 400 409;
    /// It is waited for, and the provider may fail in every way.
    AsksModel = 400 403 409 429 502 504;
}

fn problem(status: u16) -> (String, RefOr<utoipa::openapi::Response>) {
    (status.to_string(), Ref::from_response_name(PROBLEM).into())
}

/// Adds to every operation of `routes` what its tier and what it reads refuse with.
pub fn refused(tier: &[u16], mut routes: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    for operation in routes.get_openapi_mut().paths.paths.values_mut().flat_map(operations_mut) {
        let of_reading = reading(operation);
        operation.responses.responses.extend(tier.iter().copied().chain(of_reading).map(problem));
    }
    routes
}

/// By what `extract` does with each part of a request.
fn reading(operation: &Operation) -> impl Iterator<Item = u16> + use<> {
    let body: &[u16] = match &operation.request_body {
        Some(RefOr::T(body)) if body.required == Some(Required::True) => &[400, 413, 415],
        Some(_) => &[400, 413],
        None => &[],
    };
    let parameters = operation.parameters.iter().flatten();
    let parsed = parameters.filter(|parameter| match parameter {
        RefOr::T(parameter) => matches!(parameter.parameter_in, ParameterIn::Path | ParameterIn::Query),
        RefOr::Ref(_) => true,
    });
    body.iter().copied().chain(parsed.map(|_| 400)).collect::<BTreeSet<u16>>().into_iter()
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// The one response that all of these refer to.
pub fn describe(document: &mut OpenApi) {
    let schema = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
    let response = ResponseBuilder::new()
        .description("What went wrong and what to do")
        .content("application/problem+json", schema);
    let components = document.components.get_or_insert_default();
    components.responses.insert(PROBLEM.into(), response.build().into());
}

/// The statuses of every operation.
pub struct Documented(BTreeMap<(Method, String), BTreeSet<String>>);

impl Documented {
    pub fn of(document: OpenApi) -> Arc<Self> {
        let mut all = BTreeMap::new();
        for (path, item) in document.paths.paths {
            let operations = [
                (Method::GET, item.get),
                (Method::PUT, item.put),
                (Method::POST, item.post),
                (Method::DELETE, item.delete),
            ];
            for (method, operation) in operations {
                let statuses = operation.map(|operation| operation.responses.responses.into_keys().collect());
                all.extend(statuses.map(|statuses| ((method, path.clone()), statuses)));
            }
        }
        Arc::new(Self(all))
    }
}

/// Answers an undocumented status as the fault that it is.
pub async fn check(State(documented): State<Arc<Documented>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // What answers GET answers HEAD.
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let operation = path.map(|path| (method, path));
    let response = next.run(request).await;
    let known = operation.as_ref().and_then(|operation| documented.0.get(operation));
    match known {
        Some(known) if !known.contains(response.status().as_str()) => {
            let (method, path) = operation.expect("it was found");
            ApiError::Panic(format!("{method} {path} is not documented to answer {}", response.status()))
                .into_response()
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_not_in_the_document_does_not_get_out() {
        let known = BTreeSet::from(["200".to_owned(), "404".to_owned()]);
        let documented = Arc::new(Documented(BTreeMap::from([((Method::GET, "/{status}".into()), known)])));
        let answer = |axum::extract::Path(status): axum::extract::Path<u16>| async move {
            StatusCode::from_u16(status).unwrap()
        };
        let router = Router::new().route("/{status}", get(answer).post(answer));
        let router = router.layer(from_fn_with_state(documented, check));
        for (method, status, expected) in [
            (Method::GET, 200, 200),
            (Method::HEAD, 404, 404),
            (Method::GET, 409, 500),
            // The document does not know it: not an operation of ours.
            (Method::POST, 409, 409),
        ] {
            let request = Request::builder().method(&method).uri(format!("/{status}"));
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), expected, "{method} {status}");
        }
    }
}
