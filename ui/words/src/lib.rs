//! Every word the panel says, in every language it speaks. A catalogue that lacks a message does not compile.
//!
//! English is compiled into the panel. The other languages are files beside it, written by `cargo xtask web` from the
//! same catalogues, so that nobody downloads a language that nobody reads.

mod en;
#[cfg(not(target_family = "wasm"))]
mod ja;
#[cfg(not(target_family = "wasm"))]
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

    /// Not for the panel itself, which would then carry every language.
    #[cfg(not(target_family = "wasm"))]
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::En => &en::MESSAGES,
            Self::Zh => &zh::MESSAGES,
            Self::Ja => &ja::MESSAGES,
        }
    }
}

/// The language that is always there.
pub const ENGLISH: &Messages = &en::MESSAGES;

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

        impl Messages {
            /// The messages of a file that [`Self::to_lines`] wrote for this build; `None` for any other file.
            pub fn from_lines(text: &'static str) -> Option<Self> {
                // By way of an array, which is one copy instead of three hundred checks.
                let lines: Vec<&'static str> = text.split('\n').filter(|line| !line.is_empty()).collect();
                let [$($key),+] = *lines.as_array()?;
                Some(Self { $($key),+ })
            }

            /// One message a line, in the order of the catalogue.
            #[cfg(not(target_family = "wasm"))]
            pub fn to_lines(&self) -> String {
                [$(self.$key),+].join("\n")
            }

            #[cfg(test)]
            fn entries(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($key), self.$key)),+]
            }
        }
    };
}

messages! {
    // The shell.
    sections tab_planner tab_variants tab_refiner
    tab_jobs tab_settings status_up status_down status_wait
    retry copy copied copy_failed dismiss
    close
    // Errors and how to mend them.
    error_id error_offline error_cut error_unreadable
    crash_title crash_detail crash_retry crash_copy part_wait part_failed part_failed_detail
    hint_key_missing hint_key_refused hint_quota hint_region hint_rate hint_model hint_timeout hint_unreachable
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
    param_denoise param_size
    no_sampler changes same_text
    apply apply_all applied applied_undo apply_nothing apply_refused undo
    insert inserted insert_failed queue queued queue_failed export
    export_csv send_planner send_variants send_refiner from_graph before after remove no_graph
    history history_empty history_clear history_clear_ask plan_empty
    node_positive node_negative
    var_slots_hint var_vary var_seeds_only var_samplers var_schedulers var_slots var_count var_all var_from
    var_to var_seeds seed_fixed seed_increment seed_randomized var_seed_base var_params var_bad_params var_total
    var_total_of var_preview var_insert var_insert_failed var_seed_rounded batch_title batch_run batch_at_once batch_seeds batch_untouched batch_unplaced batch_no_graph batch_no_base batch_halted batch_progress batch_again batch_zoom batch_zoom_hint batch_beside batch_alone batch_choose batch_chosen batch_slot batch_variant ref_drop ref_choose ref_recent
    ref_no_outputs ref_use_output ref_no_picture ref_not_kept ref_original ref_issues issue_hands issue_face issue_anatomy
    issue_lighting issue_composition issue_style issue_text issue_detail issue_other ref_goal ref_goal_hint
    ref_run ref_failed ref_needs_picture ref_needs_prompt ref_too_long ref_empty ref_same ref_iterate
    job_queued job_submitted job_running job_succeeded job_failed job_cancelled job_interrupted job_lost
    job_position job_at_node job_percent job_state job_source jobs_all from_all from_webhook from_trigger
    from_sidebar from_schedule from_chat from_host jobs_empty jobs_none jobs_back job_more job_gone job_preview
    job_locate job_node_gone job_retry job_cancel_failed job_timeline job_trace job_trace_copy job_log
    job_log_empty tpl_title tpl_which tpl_none tpl_needed tpl_missing tpl_bad_number tpl_bad_step tpl_too_long tpl_check tpl_run tpl_ready tpl_size tpl_random tpl_reach tpl_path tpl_url tpl_code tpl_waits tpl_change retry_in event_requeued event_submitted event_cancel event_retried event_sent event_unsent event_replayed delivery_done delivery_on_way delivery_later delivery_dead delivery_again feed_off feed_connecting feed_host feed_live
    feed_no_host output_title output_text output_gone output_before
    output_next
    // Settings.
    server_title version uptime provider_now key_state uptime_hours uptime_minutes
    answered faults access access_token access_open
    llm_title more keys_title keys_intro key_found key_none key_not_needed
    key_stored key_sealed key_generic key_whose key_field key_store key_forget key_forget_ask key_saved
    key_forgotten models_refresh models_loading models_failed models_more models_none health_title health_score
    health_good health_failed health_rests health_reset reason_auth reason_quota
    reason_region reason_rate reason_model
    reason_dns reason_tls reason_network reason_timeout reason_down reason_answer reason_blocked reason_other
    save saved discard unsaved test testing test_ok test_failed test_reply
    test_failed_at
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
            "denoise" => self.param_denoise,
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
    fn a_language_survives_its_file_and_other_files_are_none() {
        for locale in Locale::ALL {
            let lines: &'static str = locale.messages().to_lines().leak();
            let read = Messages::from_lines(lines).unwrap();
            assert_eq!(read.entries(), locale.messages().entries());
            assert!(Messages::from_lines(format!("{lines}\none more").leak()).is_none());
            assert!(Messages::from_lines(lines.rsplit_once('\n').unwrap().0).is_none());
        }
        assert!(Messages::from_lines("<!doctype html>").is_none());
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
