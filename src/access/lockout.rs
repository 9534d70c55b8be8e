//! What failed tries to sign in cost: delays that grow, then a lock for a while, and never the last administrator's door.

use super::Policy;
use jiff::SignedDuration;

/// Whose door it is that somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// One of many.
    Common,
    /// That of the last active administrator of his kind: who locks it locks the node.
    LastAdministrator,
}

/// How long nobody may try again after so many failed tries in a row.
pub fn wait_after(tries: u32, door: Door, policy: &Policy) -> SignedDuration {
    let Some(doublings) = tries.checked_sub(2) else { return SignedDuration::ZERO };
    let longest = policy.delay_max.duration();
    let delay = 1_i64.checked_shl(doublings).filter(|_| doublings < 32).map(SignedDuration::from_secs);
    let delay = delay.unwrap_or(longest).min(longest);
    match door {
        Door::LastAdministrator => delay,
        Door::Common if tries < policy.lockout_tries.count => delay,
        Door::Common => policy.lockout.duration(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Numbers;

    #[test]
    fn delays_grow_and_then_the_door_is_locked_but_not_that_of_the_last_administrator() {
        let policy = &Numbers::built_in().policy;
        let seconds = |tries, door| wait_after(tries, door, policy).as_secs();
        let common: Vec<_> = (0..7).map(|tries| seconds(tries, Door::Common)).collect();
        assert_eq!(common, [0, 0, 1, 2, 4, 900, 900]);
        let last: Vec<_> = (0..12).map(|tries| seconds(tries, Door::LastAdministrator)).collect();
        assert_eq!(last, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        for tries in [34, 66, u32::MAX] {
            assert_eq!(seconds(tries, Door::LastAdministrator), 60);
        }
    }
}
