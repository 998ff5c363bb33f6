//! Who goes first when processes want the same processor.

/// Begins a session: Linux shares processors out to sessions first (sched(7), autogroup), then to threads.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "sessions do not matter there"))]
pub fn session(niceness: i32) {
    #[cfg(target_os = "linux")]
    {
        if rustix::process::setsid().is_ok() {
            let _ = std::fs::write("/proc/self/autogroup", niceness.to_string());
        }
        rustix::process::nice(niceness).unwrap();
    }
}
