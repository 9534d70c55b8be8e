//! Who sits at the machine: the user of the operating system, also behind sudo.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The name of the user who has signed in at the machine; where that is not known, of whom this process is run by.
pub fn os_user() -> String {
    // the kernel keeps it through su and sudo; nobody has signed in for what the machine has started by itself
    let signed_in =
        fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse::<u32>().ok());
    let own = || fs::metadata("/proc/self").ok().map(|about| about.uid());
    let Some(number) = signed_in.filter(|number| *number != u32::MAX).or_else(own) else {
        return "unknown".to_owned();
    };
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(number, &users).unwrap_or_else(|| format!("uid {number}"))
}

/// The name of a number, in the form of passwd(5).
fn name_of(number: u32, users: &str) -> Option<String> {
    let found = users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, _password, own) = (parts.next()?, parts.next()?, parts.next()?);
        (own.parse() == Ok(number)).then_some(name)
    });
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_his_number() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\nstazh:x:998:998::/var/lib/stazh:/usr/sbin/nologin\nbroken\n";
        assert_eq!(name_of(0, users).as_deref(), Some("root"));
        assert_eq!(name_of(998, users).as_deref(), Some("stazh"));
        assert_eq!(name_of(1_000, users), None);
        assert!(!os_user().is_empty());
    }
}
