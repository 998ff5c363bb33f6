//! Lifts parameters out of the words: size, shape, steps, guidance, sampler and scheduler.

mod formats;
mod numbers;
mod samplers;

pub use formats::Effort;

use super::lexicon::{Phrases, Words};
use super::text::{Clause, Kind, Piece};
use formats::Firmness;

/// Parameters the words ask for; whatever is `None` is left to the profile.
#[derive(Debug, Default, PartialEq)]
pub struct Wishes {
    pub width: Option<f64>,
    pub height: Option<f64>,
    /// Width over height.
    pub ratio: Option<f64>,
    /// A shape that the kind of picture suggests, behind its rank: the lowest rank wins.
    pub suggested: Option<(u8, f64)>,
    pub steps: Option<f64>,
    pub effort: Option<Effort>,
    pub cfg: Option<f64>,
    pub sampler: Option<&'static str>,
    pub scheduler: Option<&'static str>,
}

/// What the surroundings of a clause allow.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Facts live among constraints: there "portrait" is a shape, elsewhere a kind of picture.
    pub constraints: bool,
    /// With a staircase in the picture, "20 steps" are part of it.
    pub stairs: bool,
}

/// Words that only led up to a parameter and go with it.
const GLUE: &str = "in, at, with, using, and, as, to, size, resolution, aspect, aspect ratio, ratio, \
    dimensions, format, sampler, scheduler, schedule, pixels, px, please, orientation, sampling, screen, \
    auflösung, seitenverhältnis, größe, taille, résolution, tamaño, resolución, ar, mit, im, avec, con, \
    en, bei, 比例, 尺寸, 大小, 分辨率, 画幅, 宽高比, 为, 像素, サイズ, 比率, アスペクト比, で, の";
/// Characters the longest of them takes in a script without spaces.
const LONGEST_GLUE: usize = 7;
/// Glue that may also begin what comes after a parameter.
const JOINERS: Words = Words::of("and with in at using mit avec con en im to as");
/// Words of a sentence that says nothing but a parameter ("please make it 16:9").
const CARRIERS: Words = Words::of(
    "i want would like it make made please image picture output render should be set use generate is the \
     a an of for must have need this that my photo canvas final das bild wide tall in with no more than \
     at most least around about max maximum up",
);
/// Polite words around a clause that is a parameter.
const POLITE: Words = Words::of("please just a make it bitte only must be");
/// Words that held on to a parameter at the start of a clause.
const LEFT_OVER: Words = Words::of("of showing and : 的 の");

/// Reads wishes out of clauses and takes their words away.
pub struct Reader {
    formats: Phrases<(Firmness, f64)>,
    efforts: Phrases<Effort>,
    numbers: numbers::Reader,
    glue: Phrases<()>,
}

impl Reader {
    pub fn new() -> Self {
        Self {
            formats: Phrases::new(formats::FORMATS.iter().map(|(row, how, ratio)| (*row, (*how, *ratio)))),
            efforts: Phrases::new(formats::EFFORTS.iter().copied()),
            numbers: numbers::Reader::new(),
            glue: Phrases::new([(GLUE, ())]),
        }
    }

    /// Takes the wishes out of `clauses`; a clause that was nothing else disappears.
    pub fn extract<'a>(
        &self,
        clauses: Vec<Clause<'a>>,
        context: Context,
        wishes: &mut Wishes,
    ) -> Vec<Clause<'a>> {
        let mut out: Vec<Clause> = vec![];
        let mut settings = None;
        for mut clause in clauses {
            // An image's embedded settings ("Steps: 20, Sampler: …, Model hash: …") are no prompt.
            if clause.key(0) == "steps" && clause.key(1) == ":" {
                settings = Some(clause.line);
            }
            self.take(&mut clause.pieces, context, wishes);
            let is_setting = settings == Some(clause.line) && clause.pieces.iter().any(|p| p.key == ":");
            if !clause.pieces.is_empty() && !is_setting {
                out.push(clause);
            } else if let Some(last) = out.last_mut().filter(|last| !last.ends_sentence()) {
                // The stop of a clause that went away still ends the sentence.
                last.end = clause.end;
            }
        }
        out
    }

    fn take(&self, pieces: &mut Vec<Piece>, context: Context, wishes: &mut Wishes) {
        if let Some(effort) = self.efforts.whole(without_polite(pieces)) {
            wishes.effort.get_or_insert(effort);
            if effort != Effort::Detailed {
                pieces.clear();
            }
        }
        let (mut at, mut found) = (0, false);
        while at < pieces.len() {
            match self.len_at(pieces, at, context, wishes) {
                Some(len) => {
                    at = self.remove(pieces, at, at + len);
                    found = true;
                }
                None => at += 1,
            }
        }
        if found && pieces.iter().all(|p| p.kind == Kind::Mark || CARRIERS.has(&p.key)) {
            pieces.clear();
        }
    }

    /// How many pieces the wish at `at` takes; it is noted in `wishes`.
    fn len_at(&self, pieces: &[Piece], at: usize, context: Context, wishes: &mut Wishes) -> Option<usize> {
        self.format(pieces, at, context, wishes)
            .or_else(|| switch(&pieces[at..], wishes))
            .or_else(|| self.numbers.read(pieces, at, context, wishes))
            .or_else(|| samplers::sampler(pieces, at, wishes))
            .or_else(|| samplers::scheduler(pieces, at, wishes))
    }

    fn format(&self, pieces: &[Piece], at: usize, context: Context, wishes: &mut Wishes) -> Option<usize> {
        let alone = |len| without_polite(pieces).len() == len;
        let mut meant = None;
        for (len, (firmness, ratio)) in self.formats.meanings(&pieces[at..]) {
            match firmness {
                Firmness::Alone if !alone(len) => {}
                Firmness::Fact if !(alone(len) && context.constraints) => {}
                Firmness::Hint(rank) => {
                    let best = wishes.suggested.filter(|best| best.0 <= rank);
                    wishes.suggested = best.or(Some((rank, ratio)));
                }
                Firmness::Firm | Firmness::Alone | Firmness::Fact => meant = Some((len, ratio)),
            }
        }
        let (len, ratio) = meant?;
        wishes.ratio.get_or_insert(ratio);
        Some(len)
    }

    /// Removes a wish with the words that led up to it; returns where reading goes on.
    fn remove(&self, pieces: &mut Vec<Piece>, mut start: usize, mut end: usize) -> usize {
        while let Some((len, ())) = self.glue.longest(&pieces[end..]) {
            if start > 0 && end + len < pieces.len() && JOINERS.has(&pieces[end].key) {
                break;
            }
            end += len;
        }
        let is_last = end == pieces.len();
        loop {
            let before = &pieces[..start];
            let looks_back = (1..=LONGEST_GLUE.min(start)).rev();
            let glue = looks_back.clone().find(|len| self.glue.whole(&before[start - len..]).is_some());
            let article =
                is_last && before.last().is_some_and(|p| matches!(&*p.key, "a" | "an" | "the" | "of" | ":"));
            match glue {
                Some(len) => start -= len,
                None if article => start -= 1,
                None => break,
            }
        }
        pieces.drain(start..end);
        if start == 0 {
            let left_over = pieces.iter().take_while(|p| LEFT_OVER.has(&p.key)).count();
            pieces.drain(..left_over);
            if let Some(first) = pieces.first_mut() {
                first.glued = true;
            }
        }
        start
    }
}

fn without_polite<'a, 'p>(pieces: &'p [Piece<'a>]) -> &'p [Piece<'a>] {
    let start = pieces.iter().take_while(|p| POLITE.has(&p.key)).count();
    let end = pieces.iter().rposition(|p| !POLITE.has(&p.key)).map_or(start, |last| last + 1);
    &pieces[start..end]
}

/// `--ar 16:9` and the other switches of a well-known image service; `--no` is left to the exclusions.
fn switch(rest: &[Piece], wishes: &mut Wishes) -> Option<usize> {
    let name = rest.first()?.key.strip_prefix("--").filter(|name| *name != "no")?;
    let value = rest.get(1).filter(|p| !p.key.starts_with("--"));
    if let (Some(value), "ar" | "aspect") = (value, name)
        && let Some((width, height)) = numbers::pair(&value.key, [':', 'x'])
    {
        numbers::set_ratio(wishes, width, height);
    }
    Some(1 + usize::from(value.is_some()))
}
