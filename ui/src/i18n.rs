//! Every word the panel says, in every language it speaks. A catalogue that lacks a message does not compile.

mod en;
mod ja;
mod zh;

/// A language the panel is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    #[default]
    En,
    Zh,
    Ja,
}

impl Locale {
    #[cfg(test)]
    pub const ALL: [Self; 3] = [Self::En, Self::Zh, Self::Ja];

    /// The closest language to a BCP 47 tag such as `zh-TW`.
    pub fn of_tag(tag: &str) -> Self {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Self::Zh,
            "ja" => Self::Ja,
            _ => Self::En,
        }
    }

    /// The tag for the `lang` attribute and for dates.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
            Self::Ja => "ja",
        }
    }

    pub fn messages(self) -> &'static Messages {
        match self {
            Self::En => &en::MESSAGES,
            Self::Zh => &zh::MESSAGES,
            Self::Ja => &ja::MESSAGES,
        }
    }
}

/// Puts values into a message's `{name}` places.
pub fn fill(message: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(message.len() + 16);
    let mut rest = message;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

macro_rules! messages {
    ($($key:ident)+) => {
        pub struct Messages {
            $(pub $key: &'static str,)+
        }

        #[cfg(test)]
        impl Messages {
            fn entries(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($key), self.$key)),+]
            }
        }
    };
}

messages! {
    // The shell.
    sections tab_planner tab_settings status_up status_down status_wait
    retry copy copied copy_failed dismiss
    // Errors and how to mend them.
    error_id error_offline error_cut error_unreadable
    crash_title crash_detail crash_retry crash_copy
    hint_key_missing hint_key_refused hint_quota hint_rate hint_model hint_timeout hint_unreachable
    hint_blocked hint_bad_answer hint_report
    token_title token_detail token_label token_use token_forget token_set
    // First run.
    first_title first_backend_wait first_backend_ok first_backend_down
    first_provider_wait first_provider_ok first_provider_pick first_provider_key
    first_test_wait first_test_ok first_test_todo first_test_run first_test_running
    // What to plan.
    requirements requirements_hint style style_hint constraints constraints_hint from_selection
    profile profile_from profile_other profile_use
    seed seed_new seed_each_run draft_empty draft_too_long
    run cancel stage_sending stage_dispatch stage_receive stage_finalize
    stage_done stage_cancelled stage_failed elapsed planned_by change_provider
    // The plan and where it goes.
    positive negative params negative_unused target target_none
    now param_width param_height param_steps param_cfg param_sampler param_scheduler param_seed
    no_sampler changes same_text
    apply apply_all applied applied_undo apply_nothing apply_refused undo
    insert inserted insert_failed queue queued queue_failed export no_graph
    history history_empty history_clear history_clear_ask plan_empty
    node_positive node_negative
    // Settings.
    server_title version uptime provider_now key_state uptime_hours uptime_minutes
    llm_title more keys_title keys_intro key_found key_none key_not_needed
    save saved discard unsaved test testing test_ok test_failed test_reply
    source_env source_saved source_default read_only bad_number list_hint
    set_provider set_model set_base_url set_timeout_sec set_max_retries set_fallback_models
    set_fallback_providers set_max_failover_candidates set_allow_private_network
    about_provider about_model about_base_url about_timeout_sec about_max_retries about_fallback_models
    about_fallback_providers about_max_failover_candidates about_allow_private_network
}

impl Messages {
    /// The name of a generation parameter.
    pub fn param(&self, field: &str) -> &'static str {
        match field {
            "width" => self.param_width,
            "height" => self.param_height,
            "steps" => self.param_steps,
            "cfg" => self.param_cfg,
            "sampler_name" => self.param_sampler,
            "scheduler" => self.param_scheduler,
            _ => self.param_seed,
        }
    }

    /// The name and the explanation of a setting; `None` for one that this build does not know.
    pub fn setting(&self, name: &str) -> Option<(&'static str, &'static str)> {
        Some(match name {
            "provider" => (self.set_provider, self.about_provider),
            "model" => (self.set_model, self.about_model),
            "base_url" => (self.set_base_url, self.about_base_url),
            "timeout_sec" => (self.set_timeout_sec, self.about_timeout_sec),
            "max_retries" => (self.set_max_retries, self.about_max_retries),
            "fallback_models" => (self.set_fallback_models, self.about_fallback_models),
            "fallback_providers" => (self.set_fallback_providers, self.about_fallback_providers),
            "max_failover_candidates" => {
                (self.set_max_failover_candidates, self.about_max_failover_candidates)
            }
            "allow_private_network" => (self.set_allow_private_network, self.about_allow_private_network),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(message: &str) -> Vec<&str> {
        let mut names: Vec<_> =
            message.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_language_says_everything_with_the_same_places() {
        let english = Locale::En.messages().entries();
        for locale in Locale::ALL {
            for ((key, message), (_, english)) in locale.messages().entries().into_iter().zip(&english) {
                assert!(!message.trim().is_empty(), "{key} in {locale:?} is empty");
                assert_eq!(places(message), places(english), "{key} in {locale:?}");
                assert!(!message.contains(['!', '！']), "{key} in {locale:?} shouts");
            }
        }
    }

    #[test]
    fn no_message_was_left_in_english() {
        let same_everywhere = ["param_cfg"];
        for locale in [Locale::Zh, Locale::Ja] {
            let english = Locale::En.messages().entries();
            for ((key, message), (_, english)) in locale.messages().entries().iter().zip(english) {
                assert!(same_everywhere.contains(key) || *message != english, "{key} in {locale:?}");
            }
        }
    }

    #[test]
    fn tags_find_the_closest_language() {
        assert_eq!(Locale::of_tag("zh-TW"), Locale::Zh);
        assert_eq!(Locale::of_tag("ja"), Locale::Ja);
        assert_eq!(Locale::of_tag("fr"), Locale::En);
        assert_eq!(Locale::of_tag(""), Locale::En);
    }

    #[test]
    fn values_fill_their_places_and_braces_in_values_stay() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill("{unknown} left {open", &[]), " left {open");
    }
}
