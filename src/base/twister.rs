//! The Mersenne twister, drawn from as Python draws: so that a choice made there can be made again here.

/// MT19937, seeded by a number and drawn from as Python's `random.Random(seed)` is. All of it follows from the seed: no
/// secret is made of it.
#[derive(Debug)]
pub struct Twister {
    state: Vec<u32>,
    at: usize,
}

const SIZE: usize = 624;
const AHEAD: usize = 397;

impl Twister {
    /// The source of a seed.
    pub fn new(seed: u32) -> Self {
        let mut twister = Self { state: vec![19_650_218], at: SIZE };
        for place in 1..SIZE {
            let next = mixed(twister.word(place - 1)).wrapping_mul(1_812_433_253).wrapping_add(number(place));
            twister.state.push(next);
        }
        let places = (1..SIZE).cycle();
        for place in places.clone().take(SIZE) {
            let before = mixed(twister.word(place - 1)).wrapping_mul(1_664_525);
            twister.seed(place, (twister.word(place) ^ before).wrapping_add(seed));
        }
        for place in places.skip(1).take(SIZE - 1) {
            let before = mixed(twister.word(place - 1)).wrapping_mul(1_566_083_941);
            twister.seed(place, (twister.word(place) ^ before).wrapping_sub(number(place)));
        }
        twister.put(0, 0x8000_0000);
        twister
    }

    /// A number below `bound`, as `random.choice` finds the place in a list of so many; 0 below 1.
    pub fn below(&mut self, bound: u32) -> u32 {
        let bits = u32::BITS - bound.leading_zeros();
        loop {
            let drawn = self.bits().checked_shr(u32::BITS - bits).unwrap_or_default();
            if drawn < bound || bound == 0 {
                return drawn;
            }
        }
    }

    /// 32 random bits.
    fn bits(&mut self) -> u32 {
        if self.at == SIZE {
            self.twist();
        }
        let mut drawn = self.word(self.at);
        self.at += 1;
        drawn ^= drawn >> 11;
        drawn ^= (drawn << 7) & 0x9d2c_5680;
        drawn ^= (drawn << 15) & 0xefc6_0000;
        drawn ^ (drawn >> 18)
    }

    fn twist(&mut self) {
        for place in 0..SIZE {
            let joined = (self.word(place) & 0x8000_0000) | (self.word((place + 1) % SIZE) & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.put(place, self.word((place + AHEAD) % SIZE) ^ (joined >> 1) ^ odd);
        }
        self.at = 0;
    }

    fn word(&self, place: usize) -> u32 {
        self.state.get(place).copied().unwrap_or_default() // every place is below SIZE
    }

    fn put(&mut self, place: usize, word: u32) {
        if let Some(kept) = self.state.get_mut(place) {
            *kept = word;
        }
    }

    /// Puts a word while seeding, which goes round: the first place takes what the last one was given.
    fn seed(&mut self, place: usize, word: u32) {
        self.put(place, word);
        if place == SIZE - 1 {
            self.put(0, word);
        }
    }
}

fn mixed(word: u32) -> u32 {
    word ^ (word >> 30)
}

/// A place as a word; all are small.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `random.Random(7)` of CPython: `getrandbits(32)` three times; `choice(range(n))` for n of 3, 4, 5, 10, 100, 1000.
    #[test]
    fn it_draws_what_python_draws() {
        let mut twister = Twister::new(7);
        assert_eq!(
            [twister.bits(), twister.bits(), twister.bits()],
            [1_390_851_128, 4_071_050_724, 647_892_279]
        );
        let mut twister = Twister::new(7);
        assert_eq!([3, 4, 5, 10, 100, 1_000].map(|bound| twister.below(bound)), [1, 1, 3, 0, 9, 840]);
        assert_eq!((twister.below(0), twister.below(1)), (0, 0));
    }
}
