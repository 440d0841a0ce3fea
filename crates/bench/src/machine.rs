use std::fs;
use std::num::NonZeroUsize;
use std::thread;

/// How many processors this process may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The machine in one sentence: processors and kernel.
pub(crate) fn description() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let model = field(&cpus, "model name").unwrap_or("a processor of unknown model");
    let number =
        field(&cpus, "model").map_or_else(String::new, |number| format!(" model {number}"));
    format!("{} cores, {model}{number}, Linux {}", cores(), kernel.trim())
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim_end() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "processor\t: 0\nmodel\t\t: 143\nmodel name\t: Fast One: Plus\n";
        assert_eq!(field(text, "model name"), Some("Fast One: Plus"));
        assert_eq!(field(text, "model"), Some("143"));
        assert_eq!(field(text, "name"), None);
    }
}
