//! CPython's `random.Random(seed).randint(0, 2**64 - 1)`, bit for bit.
//!
//! Saved workflows were made with these seeds, so another generator would change everybody's pictures. Source: the
//! reference implementation of MT19937 by Matsumoto and Nishimura (`init_by_array`), and CPython's `Lib/random.py`
//! (`_randbelow_with_getrandbits`) and `Modules/_randommodule.c` (`random_seed`, `getrandbits`).

const N: usize = 624;
const M: usize = 397;

/// The Mersenne Twister.
struct MersenneTwister {
    state: [u32; N],
    index: usize,
}

impl MersenneTwister {
    /// Seeds like `random.seed(int)`: the number's 32-bit digits, least significant first.
    fn seeded(seed: u128) -> Self {
        let digits: Vec<u32> = (0..4).map(|digit| truncate(seed >> (32 * digit))).collect();
        let used = digits.iter().rposition(|digit| *digit != 0).map_or(1, |last| last + 1);
        Self::from_array(&digits[..used])
    }

    fn from_array(key: &[u32]) -> Self {
        let mut state = [0; N];
        state[0] = 19_650_218;
        for i in 1..N {
            let previous: u32 = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(previous ^ (previous >> 30)).wrapping_add(small(i));
        }
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let previous = state[i - 1];
            state[i] = (state[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(small(j));
            (i, j) = (i + 1, (j + 1) % key.len());
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        for _ in 0..N - 1 {
            let previous = state[i - 1];
            state[i] =
                (state[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_566_083_941)).wrapping_sub(small(i));
            i += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        Self { state, index: N }
    }

    fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            for k in 0..N {
                let y = (self.state[k] & 0x8000_0000) | (self.state[(k + 1) % N] & 0x7fff_ffff);
                let twist = if y & 1 == 0 { 0 } else { 0x9908_b0df };
                self.state[k] = self.state[(k + M) % N] ^ (y >> 1) ^ twist;
            }
            self.index = 0;
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}

/// `random.Random(seed).randint(0, 2**64 - 1)`.
///
/// Python draws as many bits as the bound 2^64 has, which is 65, and draws again while the number is too large.
pub fn randint_u64(seed: u128) -> u64 {
    let mut twister = MersenneTwister::seeded(seed);
    loop {
        let (low, high, top) = (twister.next_u32(), twister.next_u32(), twister.next_u32() >> 31);
        if top == 0 {
            return u64::from(low) | (u64::from(high) << 32);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are what is wanted")]
fn truncate(value: u128) -> u32 {
    value as u32
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("indices stay below 624")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cpythons() {
        for (seed, expected) in [
            (0, 7_758_176_404_715_800_194),
            (1, 14_089_154_938_208_861_744),
            (42, 2_053_695_854_357_871_005),
            (1 << 32, 6_480_552_028_864_852_439),
            ((1 << 32) + 5, 8_955_819_811_489_906_899),
            (u128::from(u64::MAX), 4_589_153_898_531_806_846),
            (1 << 64, 13_566_935_229_855_631_011),
            ((1 << 64) + 3, 15_303_854_094_033_205_226),
            (123_456_789_012_345_678, 6_680_054_240_422_660_672),
        ] {
            assert_eq!(randint_u64(seed), expected, "{seed}");
        }
    }
}
