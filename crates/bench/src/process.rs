//! Processes that the bench starts, what they cost, and that none outlives it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// Kills a process when the pipe that the bench holds ends without a word, which is what happens
/// when the bench itself is killed.
const WATCH: &str = r#"trap '' HUP INT TERM; read -r _ || kill -KILL "$1""#;
/// How long a process may take to end in order.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process of the bench; killed when dropped.
pub(crate) struct Process {
    child: Child,
    watch: Child,
}

impl Process {
    /// Starts `command`.
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let program = command.get_program().display().to_string();
        let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        let watch = Command::new("sh")
            .args(["-c", WATCH, "sh", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match watch {
            Ok(watch) => Ok(Self { child, watch }),
            Err(error) => {
                // Without its watch it must not run.
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("sh: {error}").into())
            }
        }
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, by SIGTERM, and waits until it has.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        let pid = self.child.id().to_string();
        Command::new("sh").args(["-c", r#"kill -TERM "$1""#, "sh", &pid]).status()?;
        let deadline = Instant::now() + PATIENCE;
        while self.is_alive() {
            if Instant::now() > deadline {
                return Err("a server does not end after SIGTERM".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What the process and all its descendants have spent so far on processors, in seconds.
    pub(crate) fn processor_seconds(&self) -> Outcome<f64> {
        let stats: BTreeMap<u32, Stat> = fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid: u32| Some((pid, Stat::of(&format!("/proc/{pid}/stat"))?)))
            .collect();
        let tree = descendants(self.child.id(), &stats);
        let ticks: u64 = tree.iter().filter_map(|pid| stats.get(pid)).map(|stat| stat.ticks).sum();
        Ok(seconds(ticks))
    }

    /// The memory that the process holds now (`VmRSS`), in millions of bytes.
    pub(crate) fn resident_megabytes(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kibibytes: f64 = kibibytes.ok_or("no VmRSS of the server")?.trim().parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; the watch is told before the pid is free for another.
        let _ = self.child.kill();
        if let Some(mut pipe) = self.watch.stdin.take() {
            let _ = std::io::Write::write_all(&mut pipe, b"ended\n");
        }
        let _ = self.watch.wait();
        let _ = self.child.wait();
    }
}

/// What this whole process has spent so far on processors, in seconds.
pub(crate) fn processor_seconds() -> Outcome<f64> {
    let stat = Stat::of("/proc/self/stat").ok_or("no /proc/self/stat")?;
    Ok(seconds(stat.ticks))
}

/// What the calling thread has spent so far on processors, in seconds.
pub(crate) fn own_processor_seconds() -> Outcome<f64> {
    let stat = Stat::of("/proc/thread-self/stat").ok_or("no /proc/thread-self/stat")?;
    Ok(seconds(stat.ticks))
}

/// Linux counts in units of `USER_HZ`, which is 100 on every architecture that Rust's standard
/// library supports there.
fn seconds(ticks: u64) -> f64 {
    const TICK: Duration = Duration::from_millis(10);
    u32::try_from(ticks).map_or(f64::INFINITY, |ticks| (TICK * ticks).as_secs_f64())
}

/// A line of `proc_pid_stat(5)`.
struct Stat {
    parent: u32,
    ticks: u64,
}

impl Stat {
    /// `None` when there is no such process any more.
    fn of(path: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(path).ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The name of the program stands in parentheses and may hold anything, these included.
        let (_, rest) = line.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self { parent: u32::try_from(number(1)?).ok()?, ticks: number(11)? + number(12)? })
    }
}

fn descendants(root: u32, stats: &BTreeMap<u32, Stat>) -> BTreeSet<u32> {
    let mut tree = BTreeSet::from([root]);
    loop {
        let found: Vec<u32> = stats
            .iter()
            .filter(|(pid, stat)| tree.contains(&stat.parent) && !tree.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if found.is_empty() {
            return tree;
        }
        tree.extend(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_past_a_program_name_with_parentheses() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 150 50 9 9 20 0 1 0 5 6 7";
        let stat = Stat::parse(line).expect("a line");
        assert_eq!((stat.parent, stat.ticks), (7, 200));
        assert!((seconds(stat.ticks) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn grandchildren_belong_to_the_tree_and_strangers_do_not() {
        let stat = |parent| Stat { parent, ticks: 0 };
        let stats = BTreeMap::from([(2, stat(1)), (3, stat(9)), (5, stat(2)), (9, stat(5))]);
        assert_eq!(descendants(5, &stats), BTreeSet::from([3, 5, 9]));
    }

    #[test]
    fn a_started_process_costs_and_ends_with_its_handle() {
        let mut process = Process::start(Command::new("sleep").arg("60")).unwrap();
        assert!(process.is_alive());
        assert!(process.resident_megabytes().unwrap() > 0.0);
        assert!(process.processor_seconds().unwrap() < 1.0);
        let pid = process.child.id();
        drop(process);
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
    }
}
