//! A plan as new nodes, wired as far as the graph allows.

use openclaw_shared::params::GenerationParams;
use openclaw_shared::profile::{Profile, PromptStyle};
use openclaw_shared::variants::VariantsRequest;

use super::{GraphView, WidgetValue, param};

#[derive(Debug, Clone, PartialEq)]
pub struct NewNode {
    pub kind: &'static str,
    /// `None` keeps the host's own title.
    pub title: Option<&'static str>,
    /// Relative to the middle of the view.
    pub pos: (f64, f64),
    pub size: Option<(f64, f64)>,
    pub widgets: Vec<(&'static str, WidgetValue)>,
}

/// Where a link starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An output of a node that is being inserted: which node, which slot.
    New(usize, u32),
    Existing {
        node: String,
        slot: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub from: Origin,
    pub to: usize,
    pub input: &'static str,
}

/// Nodes and links to add as one step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Insert {
    pub nodes: Vec<NewNode>,
    pub links: Vec<Link>,
}

const CLIP_TEXT: &str = "CLIPTextEncode";
/// Its outputs are lists: whatever they feed runs once for each entry.
const VARIANTS: &str = "MoltbotBatchVariants";
const PLAIN_TEXT: &str = "PrimitiveStringMultiline";
const SAMPLER: &str = "KSampler";
const GUIDANCE: &str = "FluxGuidance";
const LATENT: &str = "EmptyLatentImage";
/// Sixteen channels, for the families after SDXL.
const LATENT_16: &str = "EmptySD3LatentImage";

/// A little wider than a new text node, so that columns do not touch.
const COLUMN: f64 = 440.0;
const TEXT_SIZE: (f64, f64) = (400.0, 180.0);
const ROW: f64 = 240.0;

/// The texts of a plan with the titles their nodes get.
#[derive(Debug, Clone, Copy)]
pub struct PlanTexts<'a> {
    pub positive: (&'static str, &'a str),
    pub negative: (&'static str, &'a str),
}

impl Insert {
    /// Every node type an insertion may use.
    pub const KINDS: &[&str] = &[CLIP_TEXT, PLAIN_TEXT, SAMPLER, GUIDANCE, LATENT, LATENT_16, VARIANTS];

    /// Nodes for a plan; `None` when this host cannot create a text node.
    pub fn of_plan(
        graph: &GraphView,
        texts: PlanTexts<'_>,
        params: &GenerationParams,
        profile: &Profile,
    ) -> Option<Self> {
        let can = |kind: &str| graph.creatable.iter().any(|known| known == kind);
        let text_kind = [CLIP_TEXT, PLAIN_TEXT].into_iter().find(|kind| can(kind))?;
        let widget_of = if text_kind == CLIP_TEXT { "text" } else { "value" };
        let mut insert = Self::default();
        let mut text = |(title, words): (&'static str, &str), row: f64| {
            insert.nodes.push(NewNode {
                kind: text_kind,
                title: Some(title),
                pos: (-COLUMN, row * ROW - ROW),
                size: Some(TEXT_SIZE),
                widgets: vec![(widget_of, WidgetValue::Text(words.to_owned()))],
            });
            insert.nodes.len() - 1
        };
        let positive = text(texts.positive, 0.0);
        let negative = text(texts.negative, 1.0);
        if text_kind == CLIP_TEXT {
            if let Some(clip) = graph.source("CLIP") {
                insert.link(clip.clone(), positive, "clip");
                insert.link(clip, negative, "clip");
            }
            if can(SAMPLER) {
                insert.add_sampler(graph, [positive, negative], params, profile, can);
            }
        }
        Some(insert)
    }

    /// The Batch Variants node with this request in it, feeding a node for each prompt. `None` when this host does
    /// not have it.
    pub fn of_variants(
        graph: &GraphView,
        request: &VariantsRequest,
        titles: [&'static str; 2],
    ) -> Option<Self> {
        let can = |kind: &str| graph.creatable.iter().any(|known| known == kind);
        let mut insert = Self::default();
        let text = |text: &str| WidgetValue::Text(text.to_owned());
        #[expect(clippy::cast_precision_loss, reason = "a widget's number is an f64 in any case")]
        let widgets = vec![
            ("positive", text(&request.positive)),
            ("negative", text(&request.negative)),
            ("count", WidgetValue::Number(request.count.into())),
            ("seed_base", WidgetValue::Number(request.seed_base as f64)),
            ("seed_policy", text(request.seed_policy.as_str())),
            ("variant_policy", text(request.variant_policy.as_str())),
            ("params_json", text(&request.params_json)),
            ("sweep_start", WidgetValue::Number(request.sweep_start)),
            ("sweep_end", WidgetValue::Number(request.sweep_end)),
        ];
        if !can(VARIANTS) {
            return None;
        }
        let variants = insert.push(VARIANTS, (-COLUMN, -ROW), widgets);
        for (slot, title) in (0..).zip(titles).filter(|_| can(CLIP_TEXT)) {
            let node = insert.push(CLIP_TEXT, (0.0, f64::from(slot) * ROW - ROW), Vec::new());
            insert.nodes[node].title = Some(title);
            insert.link(Origin::New(variants, slot), node, "text");
            if let Some(clip) = graph.source("CLIP") {
                insert.link(clip, node, "clip");
            }
        }
        Some(insert)
    }

    fn add_sampler(
        &mut self,
        graph: &GraphView,
        [positive, negative]: [usize; 2],
        params: &GenerationParams,
        profile: &Profile,
        can: impl Fn(&str) -> bool,
    ) {
        // A distilled model's cfg is a guidance embedding: as a sampler's cfg it would burn the picture.
        let guided = !profile.negative && params.cfg > 1.0 && can(GUIDANCE);
        let values = |fields: &[&'static str]| {
            fields.iter().filter_map(|&field| Some((field, param(params, field)?))).collect::<Vec<_>>()
        };
        let mut widgets = values(&["seed", "steps", "cfg", "sampler_name", "scheduler"]);
        if guided {
            widgets.retain(|(field, _)| *field != "cfg");
            widgets.push(("cfg", WidgetValue::Number(1.0)));
        }
        let sampler = self.push(SAMPLER, (COLUMN, -ROW), widgets);
        if guided {
            let guidance = vec![("guidance", WidgetValue::Number(params.cfg))];
            let guide = self.push(GUIDANCE, (0.0, -ROW), guidance);
            self.link(Origin::New(positive, 0), guide, "conditioning");
            self.link(Origin::New(guide, 0), sampler, "positive");
        } else {
            self.link(Origin::New(positive, 0), sampler, "positive");
        }
        self.link(Origin::New(negative, 0), sampler, "negative");
        if let Some(model) = graph.source("MODEL") {
            self.link(model, sampler, "model");
        }
        let wanted = if profile.style == PromptStyle::Tags { LATENT } else { LATENT_16 };
        if let Some(kind) = [wanted, LATENT].into_iter().find(|kind| can(kind)) {
            let latent = self.push(kind, (0.0, 0.0), values(&["width", "height"]));
            self.link(Origin::New(latent, 0), sampler, "latent_image");
        }
    }

    fn push(
        &mut self,
        kind: &'static str,
        pos: (f64, f64),
        widgets: Vec<(&'static str, WidgetValue)>,
    ) -> usize {
        self.nodes.push(NewNode { kind, title: None, pos, size: None, widgets });
        self.nodes.len() - 1
    }

    fn link(&mut self, from: Origin, to: usize, input: &'static str) {
        self.links.push(Link { from, to, input });
    }
}

impl GraphView {
    /// Where a link of this type starts in the graph: what the sampler already uses, else any node that has it.
    fn source(&self, kind: &str) -> Option<Origin> {
        let of_sampler = self.sampler().and_then(|sampler| {
            self.upstream(&sampler.id, |_, _| true)
                .flat_map(|node| &node.inputs)
                .find(|input| input.kind == kind)
                .map(|input| Origin::Existing { node: input.origin.clone(), slot: input.origin_slot })
        });
        of_sampler.or_else(|| {
            self.nodes.iter().filter(|node| !node.off).find_map(|node| {
                let slot = node.outputs.iter().position(|output| output == kind)?;
                Some(Origin::Existing { node: node.id.clone(), slot: u32::try_from(slot).ok()? })
            })
        })
    }
}
