//! Reads a request into everything a writer needs to know.

use super::constraints;
use super::exclusions::{self, Exclusion};
use super::facts::{self, Facts};
use super::lexicon::Phrases;
use super::mix::Mix;
use super::preamble;
use super::roles::Role;
use super::text::{Clause, clauses};
use super::touches::{self, Touch};
use super::traits::Trait;
use super::wishes::{self, Context, Wishes};

/// Beyond this many words a prompt is finished: additions would only dilute it.
const FINISHED_WORDS: usize = 60;

/// A request, understood.
pub struct Brief<'a> {
    /// What the picture shows: requirements, then facts among the constraints.
    pub wanted: Vec<Clause<'a>>,
    pub style: Vec<Clause<'a>>,
    pub exclusions: Vec<Exclusion>,
    pub facts: Facts,
    pub touches: Vec<(Role, &'static Touch)>,
    pub wishes: Wishes,
    /// Long prompts and prompts in chunks keep their order and get nothing added.
    pub finished: bool,
}

impl<'a> Brief<'a> {
    /// Reads cleaned texts: parameters first, since "no more than 30 steps" excludes nothing.
    pub fn read(
        [requirements, style, constraints]: [&'a str; 3],
        lexicon: &Phrases<Trait>,
        mix: &mut Mix,
    ) -> Self {
        let counts = requirements.contains(|c: char| c.is_ascii_digit());
        let requirements = clauses(requirements);
        let stairs = counts && requirements.iter().any(|clause| shows_stairs(clause, lexicon));
        let wishes_reader = wishes::Reader::new();
        let exclusions_reader = exclusions::Reader::new(lexicon);
        let (mut wishes, mut exclusions) = (Wishes::default(), vec![]);
        let mut lift = |clauses, constraints| {
            let clauses = wishes_reader.extract(clauses, Context { constraints, stairs }, &mut wishes);
            exclusions_reader.extract(&clauses, &mut exclusions)
        };
        let mut wanted = lift(requirements, false);
        let mut style = lift(clauses(style), false);
        let constraints = lift(clauses(constraints), true);

        let finished = wanted.iter().map(facts::words).sum::<usize>() > FINISHED_WORDS
            || wanted.iter().any(Clause::is_break);
        let preamble = preamble::Reader::new();
        if !finished {
            let looks = wanted.extract_if(.., |clause| preamble.strip(clause)).collect::<Vec<_>>();
            for clause in &mut style {
                preamble.strip(clause);
            }
            style.splice(..0, looks);
            for clause in &mut wanted {
                constraints::state(&mut clause.pieces);
            }
        }
        let mut stated = vec![];
        let constraints_reader = constraints::Reader::new(lexicon);
        for mut clause in constraints {
            preamble.strip(&mut clause);
            match constraints_reader.fact(&clause) {
                Some(fact) if constraints_reader.is_look(&fact) => style.push(fact),
                Some(fact) => stated.push(fact),
                None => exclusions_reader.note(&clause.pieces, &mut exclusions),
            }
        }
        for clauses in [&mut wanted, &mut style, &mut stated] {
            clauses.retain(Clause::says_something);
        }

        let facts = Facts::of(&wanted, &style, &stated, &exclusions, lexicon);
        let touches = touches::choose(&facts, &exclusions, mix);
        append(&mut wanted, stated);
        Self { wanted, style, exclusions, facts, touches, wishes, finished }
    }
}

fn shows_stairs(clause: &Clause, lexicon: &Phrases<Trait>) -> bool {
    lexicon.find_all(&clause.pieces).iter().any(|(.., one)| *one == Trait::Stairs)
}

/// Adds stated facts to what is shown; "with a blue collar" goes on with the last sentence.
fn append<'a>(wanted: &mut Vec<Clause<'a>>, stated: Vec<Clause<'a>>) {
    if let (Some(last), Some(fact)) = (wanted.last_mut(), stated.first())
        && !matches!(last.end, '!' | '?')
        && fact.key(0) == "with"
    {
        last.end = ',';
    }
    wanted.extend(stated);
}
