//! Everything the panel knows and can do, outside the mounted tree: closing a panel loses nothing.

mod apply;
mod batch;
mod jobs;
mod plan;
mod refine;
mod run;
pub mod saved;
mod settings;
mod slot;
mod template;
mod variants;

use std::collections::BTreeMap;
use std::ops::Deref;

use leptos::prelude::*;
use leptos::task::spawn_local;
use openclaw_shared::config::ConfigView;
use openclaw_shared::health::Health;
use openclaw_shared::job::JobDetail;
use openclaw_shared::llm::{LlmTestResult, ProviderHealth};
use openclaw_shared::profile::{ProfileList, ProfileView};
use openclaw_shared::secret::SecretStatus;
use openclaw_shared::variants::VariantsRequest;
use web_sys::AbortController;

use crate::api::{self, Failure};
use crate::components::{memo, signal};
use crate::crash::{self, Crash};
use crate::graph::{GraphView, Role, TextTarget};
use crate::host::{Host, Output, Severity};
use crate::tabs::Tab;
use crate::tabs::jobs::model::Jobs;
use crate::tabs::parts::{self, View, Views};
use crate::tabs::planner::model::Model;
use crate::tabs::refiner::model as refiner;
use crate::tabs::settings::model::Edits;
use crate::{browser, tabs};
use openclaw_words::{ENGLISH, Locale, Messages};

pub use apply::Part;
use batch::Batching;
pub use jobs::Feed;
pub use run::Kind;
use saved::{Desk, Entry};
pub use settings::{Listing, Models};
use slot::Slot;
use template::Running;
pub use variants::Write;

const DESK_KEY: &str = "openclaw.desk";
const HISTORY_KEY: &str = "openclaw.history";

/// What is known about the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Server {
    #[default]
    Asking,
    Up(Box<Health>),
    Down(Failure),
}

/// Where the connection test is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Test {
    #[default]
    Idle,
    Running,
    Passed(LlmTestResult),
    Failed(Failure),
}

/// What just happened, where the host cannot show a toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub severity: Severity,
    pub text: String,
}

/// A handle on the state. It is made once for a page and never freed, so that every view and task can hold it.
#[derive(Clone, Copy)]
pub struct Store(&'static State);

impl Deref for Store {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
    }
}

pub struct State {
    pub host: Host,
    pub locale: Slot<Locale>,
    /// The messages of that language.
    words: Slot<&'static Messages>,
    pub tab: Slot<Tab>,
    /// How to draw each tab.
    views: Slot<Views>,
    pub crash: Slot<Option<Crash>>,
    pub notice: Slot<Option<Notice>>,
    pub server: Slot<Server>,
    pub needs_token: Slot<bool>,
    pub config: Slot<Option<ConfigView>>,
    pub graph: Slot<GraphView>,
    pub profiles: Slot<Vec<ProfileView>>,
    pub planner: Slot<Model>,
    pub variants: Slot<VariantsRequest>,
    pub grid: Batching,
    pub template: Running,
    pub refiner: Slot<refiner::Model>,
    /// Pictures that this ComfyUI made last; `None` until somebody asks for them.
    pub outputs: Slot<Option<Vec<Output>>>,
    pub history: Slot<Vec<Entry>>,
    /// Targets people chose, by role; what they leave open follows the graph.
    pub chosen: [Slot<Option<String>>; 2],
    pub edits: Slot<Edits>,
    pub models: Slot<Models>,
    pub secrets: Slot<BTreeMap<String, SecretStatus>>,
    pub provider_health: Slot<Option<ProviderHealth>>,
    pub saving: Slot<bool>,
    pub save_failure: Slot<Option<Failure>>,
    pub save_notes: Slot<Vec<String>>,
    pub test: Slot<Test>,
    /// The provider settings under which a connection worked last.
    pub tested: Slot<String>,
    pub jobs: Slot<Jobs>,
    pub feed: Slot<Feed>,
    /// Views that show jobs now.
    watchers: Slot<u32>,
    jobs_abort: StoredValue<Option<AbortController>, LocalStorage>,
    /// The job that is shown instead of the list.
    pub job_open: Slot<Option<String>>,
    pub job_detail: Slot<Option<JobDetail>>,
    pub job_log: Slot<Option<Vec<String>>>,
    /// A job is about to be run again.
    pub retrying: Slot<bool>,
    /// The output that is shown large.
    pub lightbox: Slot<Option<usize>>,
    /// How far the list of jobs is scrolled.
    pub scrolled: Slot<f64>,
    /// The job whose row had the focus last.
    pub job_row: Slot<String>,
    /// Milliseconds since 1970; moves while something runs.
    pub now: Slot<f64>,
    /// Of the runs in progress, by [`Kind`].
    aborts: [StoredValue<Option<AbortController>, LocalStorage>; 2],
}

impl Store {
    /// Must run under an owner that outlives every mount.
    pub fn new(host: Host, crash: Option<Crash>) -> Self {
        let desk: Desk = saved::decode(browser::load(DESK_KEY).as_deref());
        let state = State {
            host,
            locale: Slot::new(Locale::En),
            words: Slot::new(ENGLISH),
            tab: Slot::new(Tab::of_id(&desk.tab).unwrap_or_default()),
            views: Slot::new(parts::AT_FIRST),
            crash: Slot::new(crash),
            notice: Slot::new(None),
            server: Slot::new(Server::Asking),
            needs_token: Slot::new(false),
            config: Slot::new(None),
            graph: Slot::new(GraphView::default()),
            profiles: Slot::new(ProfileList::current().profiles),
            planner: Slot::new(Model::new(desk.draft, desk.plan)),
            variants: Slot::new(desk.variants),
            grid: Batching::load(desk.batch),
            template: Running::new(desk.template),
            refiner: Slot::new(refiner::Model::new(desk.to_refine, desk.refined)),
            outputs: Slot::new(None),
            history: Slot::new(saved::decode(browser::load(HISTORY_KEY).as_deref())),
            chosen: [Slot::new(None), Slot::new(None)],
            edits: Slot::new(Edits::new()),
            models: Slot::new(Models::default()),
            secrets: Slot::new(BTreeMap::new()),
            provider_health: Slot::new(None),
            saving: Slot::new(false),
            save_failure: Slot::new(None),
            save_notes: Slot::new(Vec::new()),
            test: Slot::new(Test::Idle),
            tested: Slot::new(desk.tested),
            jobs: Slot::new(Jobs::default()),
            feed: Slot::new(Feed::Off),
            watchers: Slot::new(0),
            jobs_abort: StoredValue::new_local(None),
            job_open: Slot::new(None),
            job_detail: Slot::new(None),
            job_log: Slot::new(None),
            retrying: Slot::new(false),
            lightbox: Slot::new(None),
            scrolled: Slot::new(0.0),
            job_row: Slot::new(String::new()),
            now: Slot::new(browser::now()),
            aborts: [StoredValue::new_local(None), StoredValue::new_local(None)],
        };
        let store = Self(Box::leak(Box::new(state)));
        store.keep_saved();
        store.listen_to_jobs();
        store.resume_batch();
        host.on("graphChanged", move || store.look_around());
        host.on("reconnected", move || store.check_server());
        store
    }

    /// Writes every change to the browser's storage.
    fn keep_saved(self) {
        let of_planner = memo(move || {
            let model = self.planner.read();
            (model.draft.clone(), model.plan.clone())
        });
        let of_refiner = memo(move || {
            let model = self.refiner.read();
            (model.draft.clone(), model.refined.clone())
        });
        Effect::new(move |_| {
            let ((draft, plan), (to_refine, refined)) = (of_planner.get(), of_refiner.get());
            let (tab, tested) = (self.tab.get().id().to_owned(), self.tested.get());
            let (variants, batch) = (self.variants.get(), self.grid.options.get());
            let template = self.template.draft.get();
            let desk = Desk { draft, plan, variants, batch, template, to_refine, refined, tab, tested };
            browser::save(DESK_KEY, &saved::encode(&desk));
        });
        Effect::new(move |_| {
            browser::save(HISTORY_KEY, &saved::encode(&*self.history.read()));
        });
        self.keep_picture();
        Effect::new(move |_| crash::set_open_tab(self.tab.get().id()));
    }

    /// How to draw a tab, once it is there; an error when it cannot be had.
    pub fn view_of(self, tab: Tab) -> Option<Result<View, ()>> {
        self.views.read()[tab as usize]
    }

    /// Downloads what draws a tab, unless it is there.
    pub fn fetch(self, tab: Tab) {
        if matches!(self.views.read_untracked()[tab as usize], Some(Ok(_))) {
            return;
        }
        spawn_local(async move {
            let view = tab.fetch().await.map_err(|_| ());
            self.views.write()[tab as usize] = Some(view);
        });
    }

    /// Lets a tab be downloaded once more.
    pub fn forget_view(self, tab: Tab) {
        self.views.write()[tab as usize] = None;
    }

    /// The words of the current language; tracked, so that views follow a change of language.
    pub fn t(self) -> &'static Messages {
        self.words.get()
    }

    /// The same for what happens once: a toast, a dialog.
    pub fn words(self) -> &'static Messages {
        self.words.get_untracked()
    }

    /// One message as a signal.
    pub fn label(self, pick: fn(&Messages) -> &'static str) -> Signal<String> {
        signal(move || pick(self.t()).to_owned())
    }

    /// Takes in what may have changed outside the panel: the language and the graph.
    pub fn look_around(self) {
        if crash::happened() {
            return;
        }
        spawn_local(self.follow_language());
        let graph = self.host.read_graph();
        if *self.graph.read_untracked() != graph {
            self.graph.set(graph);
        }
    }

    /// Speaks the language that ComfyUI speaks now, as soon as its words are there.
    pub async fn follow_language(self) {
        let locale = Locale::of_tag(&self.host.language());
        if locale == self.locale.get_untracked() {
            return;
        }
        let words = if locale == Locale::En {
            Some(ENGLISH)
        } else {
            let text = self.host.load_words(locale.tag()).await;
            // Words of another build are left alone: its messages are others.
            let messages = text.and_then(|text| Messages::from_lines(text.leak()));
            messages.map(|messages| &*Box::leak(Box::new(messages)))
        };
        if let Some(words) = words {
            self.words.set(words);
            self.locale.set(locale);
        }
    }

    /// Asks the server how it is, then for what the tabs need.
    pub fn check_server(self) {
        if crash::happened() {
            return;
        }
        spawn_local(async move {
            match api::health(self.host).await {
                Ok(health) => {
                    self.server.set(Server::Up(Box::new(health)));
                    self.host.badge("");
                    self.load_config().await;
                    if let Ok(list) = api::profiles(self.host).await {
                        self.profiles.set(list.profiles);
                    }
                }
                Err(failure) => self.went_down(failure),
            }
        });
    }

    /// Records a failure that may say something about the server itself.
    fn note(self, failure: &Failure) {
        if failure.wants_token() {
            self.needs_token.set(true);
        } else if failure.means_down() {
            self.went_down(failure.clone());
        }
    }

    fn went_down(self, failure: Failure) {
        self.server.set(Server::Down(failure));
        self.host.badge("!");
    }

    async fn load_config(self) {
        match api::config(self.host).await {
            Ok(view) => {
                self.needs_token.set(false);
                self.config.set(Some(view));
            }
            Err(failure) => self.note(&failure),
        }
    }

    /// A toast of the host, or a line in the panel where the host shows none.
    pub fn say(self, severity: Severity, summary: &str, detail: &str) {
        if !self.host.toast(severity, summary, detail) {
            let text = if detail.is_empty() { summary.to_owned() } else { format!("{summary}. {detail}") };
            self.notice.set(Some(Notice { severity, text }));
        }
    }

    pub fn copy(self, text: String) {
        spawn_local(async move {
            let t = self.words();
            if browser::copy(&text).await {
                self.say(Severity::Success, t.copied, "");
            } else {
                self.say(Severity::Warn, t.copy_failed, "");
            }
        });
    }

    /// Uses an admin token from now on; an empty one is forgotten.
    pub fn use_token(self, token: &str) {
        browser::set_admin_token(token);
        self.needs_token.set(false);
        self.check_server();
    }

    /// The text box a prompt would be applied to now.
    pub fn target(self, role: Role) -> Option<TextTarget> {
        let chosen = self.chosen[role as usize].get();
        let graph = self.graph.read();
        let chosen = chosen.and_then(|key| graph.text_targets().into_iter().find(|t| t.key() == key));
        chosen.or_else(|| graph.likely_target(role))
    }

    /// The model family of the open graph and the file that told.
    pub fn detected(self) -> Option<(&'static str, String)> {
        self.graph.read().model_family().map(|(profile, file)| (profile.id, file))
    }

    pub fn profile_label(self, id: &str) -> String {
        let profiles = self.profiles.read();
        profiles.iter().find(|profile| profile.id == id).map_or_else(|| id.to_owned(), |p| p.label.clone())
    }

    /// The name of the provider in force.
    pub fn provider_label(self) -> Option<String> {
        let view = self.config.read();
        let view = view.as_ref()?;
        let id = &view.config.provider;
        Some(view.providers.iter().find(|p| p.id == *id).map_or_else(|| id.clone(), |p| p.label.clone()))
    }

    pub fn plan_from(self, text: String) {
        self.tab.set(tabs::Tab::Planner);
        self.planner.write().draft.requirements = text;
    }
}
