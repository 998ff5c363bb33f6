//! A batch without a browser: which pictures it makes, where each stands, and what is left to do.

use openclaw_shared::job::{Job, JobState, Output, OutputKind};
use openclaw_shared::variants::{SeedPolicy, Variant, VariantPolicy, VariantsRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{GraphView, TextTarget};
use crate::read::{Read, member};
use crate::recipe::Recipe;
use crate::tabs::jobs::comfy::{self, Told};
use crate::tabs::jobs::model::blank;
use crate::tabs::variants::model;

/// What people choose for a batch besides what varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Pictures of each variant; more than one share their seeds, so that they can be compared.
    pub seeds: u32,
    /// Prompts of the batch in ComfyUI's queue at the same time.
    pub at_once: u32,
}

impl Default for Options {
    /// Two keep ComfyUI busy and leave its queue to others.
    fn default() -> Self {
        Self { seeds: 1, at_once: 2 }
    }
}

impl Options {
    /// Beyond it, a batch is in everybody's way.
    pub const MAX_AT_ONCE: u32 = 4;
    pub const MAX_SEEDS: u32 = 8;

    /// Seeds a variant, where seeds are not what varies anyway and the whole does not get too large.
    fn seeds_for(self, request: &VariantsRequest) -> u32 {
        let most = VariantsRequest::MAX_COUNT / request.count.clamp(1, VariantsRequest::MAX_COUNT);
        let seeds = if request.variant_policy == VariantPolicy::None { 1 } else { self.seeds };
        seeds.clamp(1, most.max(1))
    }
}

/// All that a batch runs, in order; `None` while the parameters are not an object.
pub fn expand(request: &VariantsRequest, options: Options) -> Option<Vec<Variant>> {
    let seeds = options.seeds_for(request);
    let variants = request.expand().ok()?;
    if seeds == 1 {
        return Some(variants);
    }
    let same = VariantsRequest {
        variant_policy: VariantPolicy::None,
        count: seeds,
        // The same seed again would be the same picture again.
        seed_policy: match request.seed_policy {
            SeedPolicy::Fixed => SeedPolicy::Increment,
            other => other,
        },
        ..request.clone()
    };
    let seeds: Vec<Value> = same.expand().ok()?.into_iter().map(|v| v.params["seed"].clone()).collect();
    let each = |variant: Variant| {
        seeds.clone().into_iter().map(move |seed| {
            let mut variant = variant.clone();
            variant.params["seed"] = seed;
            variant
        })
    };
    Some(variants.into_iter().flat_map(each).collect())
}

/// What an axis of the grid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Varies {
    Param(&'static str),
    /// The choices of one slot, counted from 1.
    Slot(usize),
    /// Nothing with a name of its own: variants by their number.
    Number,
}

/// One direction of the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub varies: Varies,
    pub values: Vec<String>,
    /// Pictures from one value to the next.
    stride: usize,
}

impl Axis {
    /// Which of its values this picture has.
    pub fn of(&self, picture: usize) -> usize {
        picture / self.stride % self.values.len()
    }
}

/// The directions in which the pictures differ: columns, rows, then what makes a grid of its own.
pub fn axes(request: &VariantsRequest, options: Options, made: &[Variant]) -> Vec<Axis> {
    let seeds = options.seeds_for(request) as usize;
    let count = made.len() / seeds;
    let value = |field: &'static str, at: usize| model::short(&made[at].params[field]);
    let every = |field, stride: usize| (0..count).map(|at| value(field, at * stride)).collect();
    let mut axes = Vec::new();
    match request.variant_policy {
        VariantPolicy::PromptSlots => axes = slots(request, count, seeds),
        policy => {
            let field = match policy {
                VariantPolicy::CfgSweep => "cfg",
                VariantPolicy::StepsSweep => "steps",
                VariantPolicy::SizeSweep => "width",
                VariantPolicy::DenoiseSweep => "denoise",
                VariantPolicy::SamplerScan => "sampler_name",
                VariantPolicy::SchedulerScan => "scheduler",
                VariantPolicy::None | VariantPolicy::PromptSlots => "seed",
            };
            axes.push(Axis { varies: Varies::Param(field), values: every(field, seeds), stride: seeds });
        }
    }
    let of_seeds = (0..seeds).map(|at| value("seed", at)).collect();
    axes.push(Axis { varies: Varies::Param("seed"), values: of_seeds, stride: 1 });
    axes.retain(|axis| axis.values.len() > 1);
    axes
}

/// Slots are counted like an odometer, the last one changing fastest; when all are used it begins anew.
fn slots(request: &VariantsRequest, count: usize, seeds: usize) -> Vec<Axis> {
    let (positive, negative) =
        (VariantsRequest::slots(&request.positive), VariantsRequest::slots(&request.negative));
    let numbered = |count: usize, stride| Axis {
        varies: Varies::Number,
        values: (1..=count).map(|number| number.to_string()).collect(),
        stride,
    };
    // Both prompts change in step: no grid has such directions.
    if !positive.is_empty() && !negative.is_empty() {
        return vec![numbered(count, seeds)];
    }
    let slots = if positive.is_empty() { negative } else { positive };
    let mut stride = seeds;
    let mut axes: Vec<Axis> = Vec::new();
    for (at, choices) in slots.into_iter().enumerate().rev() {
        let values: Vec<String> = choices.into_iter().map(|choice| choice.trim().to_owned()).collect();
        let next = stride * values.len();
        axes.push(Axis { varies: Varies::Slot(at + 1), values, stride });
        stride = next;
    }
    axes.reverse();
    axes.push(numbered((count * seeds).div_ceil(stride), stride));
    axes
}

/// Where a value of a variant goes in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `positive`, `negative`, or a parameter's name.
    pub field: String,
    pub node: String,
    pub widget: String,
    /// Which of its node's widgets it is, as saved graphs count them.
    pub at: Option<usize>,
}

/// A recipe's values by the names of their places. An empty prompt leaves the graph's own.
pub fn values(recipe: &Recipe) -> Vec<(&str, Value)> {
    let text = |field, text: &String| (!text.is_empty()).then(|| (field, Value::from(text.clone())));
    let texts = [text("positive", &recipe.positive), text("negative", &recipe.negative)];
    let params = recipe.params.iter().map(|(field, value)| (field.as_str(), value.clone()));
    texts.into_iter().flatten().chain(params).collect()
}

/// The values of a variant for which the graph has no place, by name.
pub fn unplaced(recipe: &Recipe, places: &[Place]) -> Vec<String> {
    let known = |field: &str| places.iter().any(|place| place.field == field);
    values(recipe).into_iter().filter(|(field, _)| !known(field)).map(|(field, _)| field.to_owned()).collect()
}

/// A copy of what is to be run (the prompt as `output`, the graph it came from as `workflow`) with a recipe in it.
/// Inputs that a link feeds stay so. The graph gets the values too: it goes into the picture, and who opens that
/// again wants the graph that made it.
pub fn filled(base: &Value, places: &[Place], recipe: &Recipe) -> Value {
    let mut base = base.clone();
    for (field, value) in values(recipe) {
        let Some(place) = places.iter().find(|place| place.field == field) else { continue };
        let Some(key) = node_of(&base["output"], &place.node) else { continue };
        match base["output"][&key]["inputs"].get_mut(&place.widget).filter(|input| !input.is_array()) {
            Some(input) => *input = value.clone(),
            None => continue,
        }
        let nodes = base["workflow"]["nodes"].as_array_mut().into_iter().flatten();
        let same = |id: &Value| id.as_str().unwrap_or(&id.to_string()) == place.node;
        for node in nodes.filter(|node| same(&node["id"])) {
            let by_place = place.at.and_then(|at| node["widgets_values"].get_mut(at));
            if let Some(widget) = by_place {
                *widget = value.clone();
            }
            if let Some(widget) = node["widgets_values_named"].get_mut(&place.widget) {
                *widget = value.clone();
            }
        }
    }
    base
}

/// Why ComfyUI refused a prompt, from its answer; `None` where there is no answer.
pub fn refusal(answer: &Value) -> Option<String> {
    let said = |error: &Value| {
        let part = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
        match (part("message"), part("details")) {
            (Some(message), Some(details)) => Some([message, ": ", details].concat()),
            (message, details) => message.or(details).or_else(|| error.as_str()).map(str::to_owned),
        }
    };
    let of_node =
        |node: &Value| Some([node["class_type"].as_str()?, ": ", &said(&node["errors"][0])?].concat());
    let nodes = answer["node_errors"].as_object();
    nodes.and_then(|nodes| nodes.values().find_map(of_node)).or_else(|| said(&answer["error"]))
}

/// Nodes of an open subgraph are named by the way to them.
fn node_of(prompt: &Value, id: &str) -> Option<String> {
    let nodes = prompt.as_object()?;
    let inner = || nodes.keys().find(|key| key.rsplit(':').next() == Some(id));
    nodes.get_key_value(id).map(|(key, _)| key).or_else(inner).cloned()
}

/// One picture of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Of its prompt in ComfyUI; empty until it is there.
    pub id: String,
    /// `Queued` is in the batch alone, `Submitting` on its way to ComfyUI, `Submitted` in its queue.
    pub state: JobState,
    pub percent: f64,
    pub outputs: Vec<Output>,
    /// Why there is no picture.
    pub error: String,
}

impl Cell {
    fn new() -> Self {
        let (id, error, outputs) = (String::new(), String::new(), Vec::new());
        Self { id, state: JobState::Queued, percent: 0.0, outputs, error }
    }

    /// The picture to show: what was saved before what is only a preview.
    pub fn picture(&self) -> Option<&Output> {
        let images = || self.outputs.iter().filter(|output| output.kind == OutputKind::Image);
        let saved = |output: &&Output| output.view.as_ref().is_some_and(|view| view.ends_with("type=output"));
        images().rfind(saved).or_else(|| images().next_back())
    }

    fn in_comfyui(&self) -> bool {
        matches!(self.state, JobState::Submitted | JobState::Running)
    }

    fn take(&mut self, job: Job) {
        self.state = job.state;
        self.outputs = job.outputs;
        self.error = job.error.map(|error| error.message).unwrap_or_default();
    }

    fn to_value(&self) -> Value {
        json!([self.id, self.state.as_str(), self.error, self.outputs])
    }

    fn read(value: &Value) -> Option<Self> {
        let state = JobState::read(&value[1])?;
        // Whether it arrived was not written down any more.
        let state = if state == JobState::Submitting { JobState::Lost } else { state };
        Some(Self {
            id: String::read(&value[0])?,
            state,
            percent: 0.0,
            error: String::read(&value[2])?,
            outputs: Vec::read(&value[3])?,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub request: VariantsRequest,
    pub options: Options,
    pub places: Vec<Place>,
    /// Milliseconds since 1970; it also tells one batch from another.
    pub started: f64,
    /// Nothing is sent after this.
    pub ended: Option<f64>,
    pub winner: Option<usize>,
    pub cells: Vec<Cell>,
}

/// How many pictures stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub done: usize,
    /// Failed, stopped, lost, or never begun: what can be run again once the batch has ended.
    pub left: usize,
    pub all: usize,
}

impl Batch {
    pub fn new(request: VariantsRequest, options: Options, places: Vec<Place>, now: f64) -> Option<Self> {
        let cells = expand(&request, options)?.iter().map(|_| Cell::new()).collect();
        Some(Self { request, options, places, started: now, ended: None, winner: None, cells })
    }

    pub fn variants(&self) -> Vec<Variant> {
        expand(&self.request, self.options).unwrap_or_default()
    }

    pub fn recipe(&self, picture: usize) -> Option<Recipe> {
        Some(model::recipe(&self.request, self.variants().get(picture)?))
    }

    /// The picture to send now, which is then on its way; `None` while as many as may be are in the queue.
    pub fn next(&mut self) -> Option<usize> {
        let busy = |cell: &&Cell| cell.in_comfyui() || cell.state == JobState::Submitting;
        let free = self.cells.iter().filter(busy).count() < self.options.at_once as usize;
        let waits = |cell: &Cell| cell.state == JobState::Queued;
        let at = self.cells.iter().position(waits).filter(|_| free && self.ended.is_none())?;
        self.cells[at].state = JobState::Submitting;
        Some(at)
    }

    /// ComfyUI took it under this id, or said why not.
    pub fn sent(&mut self, picture: usize, answer: Result<String, String>) {
        let cell = &mut self.cells[picture];
        match answer {
            Ok(id) => (cell.id, cell.state) = (id, JobState::Submitted),
            Err(error) => (cell.error, cell.state) = (error, JobState::Failed),
        }
    }

    /// It did not arrive: what is left waits for better times.
    pub fn halt(&mut self, picture: usize, now: f64) {
        self.cells[picture] = Cell::new();
        self.ended = Some(now);
    }

    /// Whether ComfyUI has this prompt for it.
    pub fn has(&self, id: &str) -> bool {
        self.cells.iter().any(|cell| cell.in_comfyui() && cell.id == id)
    }

    /// There is something to hear of.
    pub fn listens(&self) -> bool {
        self.ended.is_none() || self.cells.iter().any(Cell::in_comfyui)
    }

    /// Takes in what ComfyUI told its page; whether it was about a picture of the batch.
    pub fn told(&mut self, name: &str, data: &Value, now: i64) -> bool {
        let of = |cell: &&mut Cell| cell.in_comfyui() && data["prompt_id"] == cell.id.as_str();
        let Some(cell) = self.cells.iter_mut().find(of) else { return false };
        let known = |id: &str| Some(Job { outputs: cell.outputs.clone(), ..blank(id, cell.state, now) });
        match comfy::event(name, data, &known, now) {
            Some(Told::Job(job)) => cell.take(*job),
            Some(Told::Progress(progress)) => {
                (cell.state, cell.percent) = (JobState::Running, progress.percent);
            }
            None => {}
        }
        true
    }

    /// Prompts that ComfyUI has, as far as is known.
    pub fn in_comfyui(&self) -> Vec<String> {
        self.cells.iter().filter(|cell| cell.in_comfyui()).map(|cell| cell.id.clone()).collect()
    }

    /// Takes in what ComfyUI lists of one prompt; nothing means that it has forgotten it.
    pub fn found(&mut self, id: &str, job: Option<Job>) {
        let of = |cell: &&mut Cell| cell.in_comfyui() && cell.id == id;
        let Some(cell) = self.cells.iter_mut().find(of) else { return };
        match job {
            Some(job) => cell.take(job),
            None => cell.state = JobState::Lost,
        }
    }

    /// Nothing more is sent; gives the prompts that ComfyUI has to be asked to drop: those that wait first, because it
    /// begins them as soon as the one that runs is stopped.
    pub fn cancel(&mut self, now: f64) -> Vec<String> {
        self.ended = Some(now);
        for cell in &mut self.cells {
            if cell.state == JobState::Queued {
                cell.state = JobState::Cancelled;
            }
        }
        let mut ids = self.in_comfyui();
        ids.reverse();
        ids
    }

    /// ComfyUI dropped it before it ran.
    pub fn dropped(&mut self, id: &str) {
        let of = |cell: &&mut Cell| cell.state == JobState::Submitted && cell.id == id;
        if let Some(cell) = self.cells.iter_mut().find(of) {
            cell.state = JobState::Cancelled;
        }
    }

    /// Everything without a picture has another turn.
    pub fn again(&mut self) {
        for cell in &mut self.cells {
            if cell.state.is_end() && cell.state != JobState::Succeeded {
                *cell = Cell::new();
            }
        }
        self.ended = None;
    }

    /// Notes the end when nothing is left to do; whether the batch goes on.
    pub fn goes_on(&mut self, now: f64) -> bool {
        if self.ended.is_none() && self.cells.iter().all(|cell| cell.state.is_end()) {
            self.ended = Some(now);
        }
        self.ended.is_none()
    }

    pub fn counts(&self) -> Counts {
        let with = |wanted: fn(&Cell) -> bool| self.cells.iter().filter(|cell| wanted(cell)).count();
        Counts {
            done: with(|cell| cell.state == JobState::Succeeded),
            left: with(|cell| {
                cell.state == JobState::Queued || (cell.state.is_end() && cell.state != JobState::Succeeded)
            }),
            all: self.cells.len(),
        }
    }

    pub fn to_value(&self) -> Value {
        let places = self.places.iter().map(|place| json!([place.field, place.node, place.widget, place.at]));
        json!({
            "request": self.request,
            "seeds": self.options.seeds,
            "at_once": self.options.at_once,
            "places": places.collect::<Vec<_>>(),
            "started": self.started,
            "ended": self.ended,
            "winner": self.winner,
            "cells": self.cells.iter().map(Cell::to_value).collect::<Vec<_>>(),
        })
    }

    /// `None` for what this build cannot go on with.
    pub fn read(value: &Value) -> Option<Self> {
        let place = |place: &Value| {
            let part = |at: usize| String::read(&place[at]);
            Some(Place { field: part(0)?, node: part(1)?, widget: part(2)?, at: usize::read(&place[3]) })
        };
        let batch = Self {
            request: member(value, "request")?,
            options: Options { seeds: member(value, "seeds")?, at_once: member(value, "at_once")? },
            places: value["places"].as_array()?.iter().map(place).collect::<Option<_>>()?,
            started: member(value, "started")?,
            ended: member(value, "ended")?,
            winner: member(value, "winner")?,
            cells: value["cells"].as_array()?.iter().map(Cell::read).collect::<Option<_>>()?,
        };
        (expand(&batch.request, batch.options)?.len() == batch.cells.len()).then_some(batch)
    }
}

/// Where the graph takes a recipe's values: the texts as targets are chosen, the parameters as its sampler has them.
pub fn places(graph: &GraphView, texts: [Option<TextTarget>; 2]) -> Vec<Place> {
    let family = graph.model_family().map(|(profile, _)| profile);
    let place = |field: &str, node, widget| Place { field: field.to_owned(), node, widget, at: None };
    let texts = ["positive", "negative"].into_iter().zip(texts);
    let texts =
        texts.filter_map(|(field, target)| target.map(|target| place(field, target.node, target.widget)));
    let params = graph.param_widgets(family).into_iter();
    texts.chain(params.map(|(field, now)| place(field, now.node, now.widget))).collect()
}

/// What the table says of each picture besides its variant.
pub const COLUMNS: [&str; 3] = ["state", "files", "chosen"];

/// Where each picture stands, its files, and which one was chosen.
pub fn columns(batch: &Batch) -> Vec<[String; 3]> {
    let files = |cell: &Cell| {
        let names = cell.outputs.iter().filter(|output| !output.filename.is_empty());
        names.map(|output| output.filename.clone()).collect::<Vec<_>>().join(" ")
    };
    let row = |(at, cell): (usize, &Cell)| {
        let chosen = if batch.winner == Some(at) { "yes" } else { "" };
        [cell.state.as_str().to_owned(), files(cell), chosen.to_owned()]
    };
    batch.cells.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests;
