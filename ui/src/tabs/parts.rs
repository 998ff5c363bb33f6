//! Tabs that are downloaded when they are first shown, so that the first opening is as light as the tab it shows.
//! `cargo xtask web` splits them off; in every other build they are all there from the start.

use leptos::prelude::AnyView;
#[cfg(feature = "split")]
use leptos::wasm_split::wasm_split;

use super::{Tab, jobs, planner, refiner, settings, variants};
use crate::store::Store;

pub use leptos::wasm_split::SplitLoaderError;

/// Draws a tab: what scrolls, and what stays below it.
pub type View = fn(Store) -> (AnyView, AnyView);

/// In the order of `Tab::ALL`; `None` is not fetched yet.
pub type Views = [Option<Result<View, ()>>; Tab::ALL.len()];

/// In the first download, because most openings show it.
const PLANNER: View = |store| (planner::body(store), planner::footer(store));

pub const AT_FIRST: Views = {
    let mut views: Views = [None; Tab::ALL.len()];
    views[Tab::Planner as usize] = Some(Ok(PLANNER));
    views
};

impl Tab {
    pub async fn fetch(self) -> Result<View, SplitLoaderError> {
        match self {
            Self::Planner => Ok(PLANNER),
            Self::Variants => of_variants().await,
            Self::Refiner => of_refiner().await,
            Self::Jobs => of_jobs().await,
            Self::Settings => of_settings().await,
        }
    }
}

/// Tabs of one part are one download. What parts have in common becomes a download for each combination of them,
/// so there are few parts.
macro_rules! part {
    ($part:ident: $($name:ident = $tab:ident),+) => {
        $(
            #[cfg(feature = "split")]
            #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, fallible)]
            fn $name() -> Result<View, SplitLoaderError> {
                Ok(|store| ($tab::body(store), $tab::footer(store)))
            }

            #[cfg(not(feature = "split"))]
            fn $name() -> std::future::Ready<Result<View, SplitLoaderError>> {
                std::future::ready(Ok(|store| ($tab::body(store), $tab::footer(store))))
            }
        )+
    };
}

part!(writing: of_variants = variants, of_refiner = refiner);
part!(work: of_jobs = jobs);
part!(settings: of_settings = settings);
