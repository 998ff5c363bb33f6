//! A field with a list to search in: any other text is fine too.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use web_sys::Event;

use super::{Together, live, memo, on, press, signal};

/// Entries shown at once; people type to find the rest.
const SHOWN: usize = 50;

/// Tells the ids of two lists apart.
static LISTS: AtomicU32 = AtomicU32::new(0);

/// The entries that have every word of `typed` in them, and how many more there are than are shown.
pub fn matching(all: &[String], typed: &str) -> (Vec<String>, usize) {
    let typed = typed.to_ascii_lowercase();
    let words: Vec<_> = typed.split_whitespace().collect();
    let fits = |entry: &&String| {
        let entry = entry.to_ascii_lowercase();
        words.iter().all(|word| entry.contains(word))
    };
    let mut found = all.iter().filter(fits).cloned();
    let shown: Vec<_> = found.by_ref().take(SHOWN).collect();
    (shown, found.count())
}

/// The list that belongs to a field.
#[derive(Clone, Copy)]
struct List {
    open: RwSignal<bool>,
    /// What was typed since the list opened; the value itself is no search.
    typed: RwSignal<Option<String>>,
    /// The entry that Enter would choose.
    at: RwSignal<Option<usize>>,
    found: Memo<(Vec<String>, usize)>,
    on_change: UnsyncCallback<String>,
    on_open: UnsyncCallback<()>,
}

impl List {
    fn show(self) {
        if !self.open.get_untracked() {
            self.typed.set(None);
            self.at.set(None);
            self.open.set(true);
            self.on_open.run(());
        }
    }

    fn close(self) {
        self.typed.set(None);
        self.open.set(false);
    }

    fn choose(self, text: String) {
        self.close();
        self.on_change.run(text);
    }

    /// What was typed counts, on the list or not.
    fn leave(self) {
        match self.typed.get_untracked() {
            Some(text) => self.choose(text.trim().to_owned()),
            None => self.open.set(false),
        }
    }

    fn step(self, down: bool) {
        let count = self.found.read_untracked().0.len();
        let next = match self.at.get_untracked() {
            None if down => 0,
            None => count.saturating_sub(1),
            Some(now) if down => (now + 1).min(count.saturating_sub(1)),
            Some(now) => now.saturating_sub(1),
        };
        self.at.set((count > 0).then_some(next));
    }

    fn on_key(self, event: &KeyboardEvent) {
        let open = self.open.get_untracked();
        match event.key().as_str() {
            key @ ("ArrowDown" | "ArrowUp") => {
                event.prevent_default();
                if open { self.step(key == "ArrowDown") } else { self.show() }
            }
            "Enter" if open && !event.is_composing() => {
                event.prevent_default();
                let at = self.at.get_untracked();
                match at.and_then(|at| self.found.read_untracked().0.get(at).cloned()) {
                    Some(text) => self.choose(text),
                    None => self.leave(),
                }
            }
            "Escape" if open => {
                event.stop_propagation();
                self.close();
            }
            _ => {}
        }
    }

    fn view(self, id: &str, label: Signal<String>, status: UnsyncCallback<Option<usize>, String>) -> AnyView {
        let (entries, more) = self.found.get();
        let option = |(index, entry): (usize, String)| {
            let text = entry.clone();
            let current = signal(move || (self.at.get() == Some(index)).to_string());
            view! {
                <li
                    role="option"
                    class="oc-option"
                    // Before the field loses the focus and the list closes.
                    {..on("mousedown", move |event: Event| {
                        event.prevent_default();
                        self.choose(text.clone());
                    })}
                    id=format!("{id}-{index}")
                    aria-selected=current
                >
                    {entry}
                </li>
            }
        };
        let said = status.run((!entries.is_empty()).then_some(more));
        view! {
            <div class="oc-options">
                <ul role="listbox" id=id.to_owned() aria-label=label>
                    {entries.into_iter().enumerate().map(option).together()}
                </ul>
                {(!said.is_empty()).then(|| view! { <p class="oc-fine" role="status">{said}</p> })}
            </div>
        }
        .into_any()
    }
}

#[component]
pub fn Combo(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] choices: Signal<Vec<String>>,
    /// Called when the text is final: chosen from the list, or at the end of typing.
    #[prop(into)]
    on_change: UnsyncCallback<String>,
    /// Called when the list opens.
    #[prop(into)]
    on_open: UnsyncCallback<()>,
    /// What the list says below its entries; gets the number of those that are not shown, or nothing when none fits.
    #[prop(into)]
    status: UnsyncCallback<Option<usize>, String>,
    testid: String,
    #[prop(optional, into)] hint: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let typed = RwSignal::new(None::<String>);
    let list = List {
        open: RwSignal::new(false),
        typed,
        at: RwSignal::new(None),
        found: memo(move || matching(&choices.read(), typed.read().as_deref().unwrap_or_default())),
        on_change,
        on_open,
    };
    let id = format!("oc-list-{}", LISTS.fetch_add(1, Ordering::Relaxed));
    let controls = id.clone();
    let active = {
        let id = id.clone();
        signal(move || list.at.get().filter(|_| list.open.get()).map(|at| format!("{id}-{at}")))
    };
    view! {
        <div class="oc-field">
            <label class="oc-field">
                <span class="oc-label">{label}</span>
                <input
                    class="oc-input"
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    spellcheck="false"
                    aria-autocomplete="list"
                    aria-expanded=signal(move || list.open.get().to_string())
                    aria-controls=controls
                    aria-activedescendant=active
                    data-testid=testid
                    placeholder=hint
                    disabled=disabled
                    prop:value=signal(move || typed.get().unwrap_or_else(|| value.get()))
                    {..press(move || list.show())}
                    {..on("input", move |event: Event| {
                        let text = event_target_value(&event);
                        list.show();
                        typed.set(Some(text));
                        list.at.set(None);
                    })}
                    {..on("keydown", move |event| list.on_key(&event))}
                    {..on("blur", move |_: Event| list.leave())}
                />
            </label>
            {live(move || list.open.get().then(|| list.view(&id, label, status)))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_there_in_any_order_and_the_rest_is_counted() {
        let all: Vec<String> =
            ["openai/gpt-5", "openai/gpt-5-mini", "google/gemini"].map(String::from).to_vec();
        assert_eq!(matching(&all, "GPT mini").0, ["openai/gpt-5-mini"]);
        assert_eq!(matching(&all, "").0.len(), 3);
        assert_eq!(matching(&all, "none"), (vec![], 0));
        let many: Vec<_> = (0..SHOWN + 7).map(|n| n.to_string()).collect();
        assert_eq!((matching(&many, "").0.len(), matching(&many, "").1), (SHOWN, 7));
    }
}
