use openclaw_shared::variants::VariantsRequest;

use super::*;

fn widget(name: &str, value: WidgetValue, multiline: bool) -> Widget {
    Widget { name: name.into(), multiline, linked: false, value }
}

fn number(name: &str, value: f64) -> Widget {
    widget(name, WidgetValue::Number(value), false)
}

fn combo(name: &str, value: &str) -> Widget {
    widget(name, WidgetValue::Text(value.into()), false)
}

fn node(id: &str, kind: &str, widgets: Vec<Widget>, inputs: &[(&str, &str, &str)]) -> Node {
    let input = |&(name, kind, origin): &(&str, &str, &str)| Input {
        name: name.into(),
        kind: kind.into(),
        origin: origin.into(),
        origin_slot: 0,
    };
    Node {
        id: id.into(),
        kind: kind.into(),
        widgets,
        inputs: inputs.iter().map(input).collect(),
        ..Node::default()
    }
}

fn prompt(id: &str, text: &str) -> Node {
    let text = widget("text", WidgetValue::Text(text.into()), true);
    node(id, "CLIPTextEncode", vec![text], &[("clip", "CLIP", "4")])
}

/// ComfyUI's default graph, in the order the host lists it.
fn default_graph() -> GraphView {
    let sampler = vec![
        number("seed", 1.0),
        number("steps", 20.0),
        number("cfg", 8.0),
        combo("sampler_name", "euler"),
        combo("scheduler", "normal"),
    ];
    let links = [
        ("model", "MODEL", "4"),
        ("positive", "CONDITIONING", "6"),
        ("negative", "CONDITIONING", "7"),
        ("latent_image", "LATENT", "5"),
    ];
    let mut loader =
        node("4", "CheckpointLoaderSimple", vec![combo("ckpt_name", "sd_xl_base_1.0.safetensors")], &[]);
    loader.outputs = ["MODEL", "CLIP", "VAE"].map(String::from).to_vec();
    GraphView {
        nodes: vec![
            prompt("7", "text, watermark"),
            prompt("6", "a bottle"),
            node("5", "EmptyLatentImage", vec![number("width", 512.0), number("height", 512.0)], &[]),
            node("3", "KSampler", sampler, &links),
            loader,
        ],
        creatable: Insert::KINDS.iter().map(|kind| (*kind).to_owned()).collect(),
    }
}

/// A Flux graph: guider, sigmas and noise are nodes of their own, and the negative is the positive zeroed.
fn flux_graph() -> GraphView {
    GraphView {
        nodes: vec![
            node("12", "UNETLoader", vec![combo("unet_name", "flux1-dev.safetensors")], &[]),
            node("10", "VAELoader", vec![combo("vae_name", "qwen_image_vae.safetensors")], &[]),
            prompt("6", "a fox"),
            node(
                "26",
                "FluxGuidance",
                vec![number("guidance", 3.5)],
                &[("conditioning", "CONDITIONING", "6")],
            ),
            node("30", "ConditioningZeroOut", vec![], &[("conditioning", "CONDITIONING", "6")]),
            node(
                "22",
                "CFGGuider",
                vec![number("cfg", 1.0)],
                &[
                    ("model", "MODEL", "12"),
                    ("positive", "CONDITIONING", "26"),
                    ("negative", "CONDITIONING", "30"),
                ],
            ),
            node("25", "RandomNoise", vec![number("noise_seed", 3.0)], &[]),
            node("16", "KSamplerSelect", vec![combo("sampler_name", "euler")], &[]),
            node("17", "BasicScheduler", vec![combo("scheduler", "simple"), number("steps", 20.0)], &[]),
            node("27", "EmptySD3LatentImage", vec![number("width", 1024.0), number("height", 1024.0)], &[]),
            node(
                "13",
                "SamplerCustomAdvanced",
                vec![],
                &[
                    ("noise", "NOISE", "25"),
                    ("guider", "GUIDER", "22"),
                    ("sampler", "SAMPLER", "16"),
                    ("sigmas", "SIGMAS", "17"),
                    ("latent_image", "LATENT", "27"),
                ],
            ),
        ],
        creatable: vec!["CLIPTextEncode".into()],
    }
}

fn params() -> GenerationParams {
    GenerationParams {
        width: 832,
        height: 1216,
        steps: 20,
        cfg: 6.5,
        sampler_name: "dpmpp_2m".into(),
        scheduler: "karras".into(),
        seed: Some(42),
        extra: std::collections::BTreeMap::new(),
    }
}

fn recipe() -> Recipe {
    let params = crate::recipe::object(serde_json::to_value(params()).unwrap());
    Recipe { params, ..Recipe::default() }
}

fn target(graph: &GraphView, role: Role) -> Option<String> {
    graph.likely_target(role).map(|target| target.key())
}

#[test]
fn prompts_are_found_by_following_the_links_not_the_order() {
    let graph = default_graph();
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("6/text"));
    assert_eq!(target(&graph, Role::Negative).as_deref(), Some("7/text"));
}

#[test]
fn a_selected_text_becomes_the_positive_target_unless_it_is_the_negative() {
    let mut graph = default_graph();
    graph.nodes.push(prompt("9", "another"));
    graph.nodes.last_mut().unwrap().selected = true;
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("9/text"));
    assert_eq!(graph.selected_text().unwrap().text, "another");
    graph.nodes.last_mut().unwrap().selected = false;
    graph.nodes[0].selected = true;
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("6/text"));
}

#[test]
fn a_zeroed_negative_is_no_target() {
    let graph = flux_graph();
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("6/text"));
    assert_eq!(target(&graph, Role::Negative), None);
}

#[test]
fn a_text_that_a_link_feeds_is_traced_to_where_it_is_written() {
    let mut graph = default_graph();
    graph.nodes[1].widgets[0].linked = true;
    graph.nodes[1].inputs.push(Input {
        name: "text".into(),
        kind: "STRING".into(),
        origin: "11".into(),
        origin_slot: 0,
    });
    let words = widget("value", WidgetValue::Text("deep".into()), true);
    graph.nodes.push(node("11", "PrimitiveStringMultiline", vec![words], &[]));
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("11/value"));
}

#[test]
fn without_a_sampler_titles_decide() {
    let mut graph = GraphView { nodes: vec![prompt("1", "a"), prompt("2", "b")], creatable: vec![] };
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("1/text"));
    graph.nodes[1].title = "My Positive".into();
    graph.nodes[0].title = "Negative".into();
    assert_eq!(target(&graph, Role::Positive).as_deref(), Some("2/text"));
    assert_eq!(target(&graph, Role::Negative).as_deref(), Some("1/text"));
    assert!(graph.param_writes(&recipe(), None).is_empty());
}

#[test]
fn the_family_comes_from_the_model_and_not_from_its_vae() {
    let family = |graph: &GraphView| graph.model_family().map(|(profile, _)| profile.id);
    assert_eq!(family(&default_graph()), Some("SDXL-v1"));
    assert_eq!(family(&flux_graph()), Some("Flux-Dev"));
    assert_eq!(family(&GraphView::default()), None);
}

#[test]
fn parameters_go_where_they_are_held_and_unchanged_ones_stay() {
    let profile = Profile::find("SDXL-v1");
    let keys = |writes: Vec<(&str, Write)>| {
        writes.into_iter().map(|(_, write)| (write.node, write.widget)).collect::<Vec<_>>()
    };
    let expected = [
        ("5", "width"),
        ("5", "height"),
        ("3", "cfg"),
        ("3", "sampler_name"),
        ("3", "scheduler"),
        ("3", "seed"),
    ];
    assert_eq!(
        keys(default_graph().param_writes(&recipe(), profile)),
        expected.map(|(n, w)| (n.into(), w.into()))
    );
    let held: Vec<_> = flux_graph()
        .param_widgets(Profile::find("Flux-Dev"))
        .into_iter()
        .map(|(field, write)| (field, write.node))
        .collect();
    let expected = [
        ("width", "27"),
        ("height", "27"),
        ("steps", "17"),
        ("cfg", "26"),
        ("sampler_name", "16"),
        ("scheduler", "17"),
        ("seed", "25"),
    ];
    assert_eq!(held, expected.map(|(field, node)| (field, node.to_owned())));
}

#[test]
fn what_the_graph_would_generate_is_read_as_one_recipe() {
    let recipe = default_graph().recipe();
    assert_eq!((recipe.positive.as_str(), recipe.negative.as_str()), ("a bottle", "text, watermark"));
    let expected = serde_json::json!({"width": 512, "height": 512, "steps": 20, "cfg": 8, "sampler_name": "euler",
        "scheduler": "normal", "seed": 1});
    assert_eq!(serde_json::Value::Object(recipe.params), expected);
    assert_eq!(GraphView::default().recipe(), Recipe::default());
}

#[test]
fn the_first_pass_is_the_sampler_that_counts() {
    let mut graph = default_graph();
    let second = node("20", "KSampler", vec![number("steps", 9.0)], &[("latent_image", "LATENT", "3")]);
    graph.nodes.insert(0, second);
    assert_eq!(graph.sampler().unwrap().id, "3");
    graph.nodes[0].selected = true;
    assert_eq!(graph.sampler().unwrap().id, "20");
}

#[test]
fn a_loop_of_links_ends() {
    let mut graph = default_graph();
    graph.nodes[4].inputs.push(Input {
        name: "x".into(),
        kind: "MODEL".into(),
        origin: "3".into(),
        origin_slot: 0,
    });
    assert_eq!(graph.sampler().unwrap().id, "3");
    assert!(graph.model_family().is_some());
}

fn insert(graph: &GraphView, profile: &str) -> Option<Insert> {
    let texts = PlanTexts { positive: ("P", "yes"), negative: ("N", "no") };
    Insert::of_plan(graph, texts, &params(), Profile::find(profile).unwrap())
}

#[test]
fn an_inserted_plan_is_wired_to_the_loader_that_is_there() {
    let insert = insert(&default_graph(), "SDXL-v1").unwrap();
    let kinds: Vec<_> = insert.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(kinds, ["CLIPTextEncode", "CLIPTextEncode", "KSampler", "EmptyLatentImage"]);
    let inputs: Vec<_> = insert.links.iter().map(|link| (link.to, link.input)).collect();
    let expected =
        [(0, "clip"), (1, "clip"), (2, "positive"), (2, "negative"), (2, "model"), (2, "latent_image")];
    assert_eq!(inputs, expected);
    assert!(insert.nodes[2].widgets.contains(&("cfg", WidgetValue::Number(6.5))));
}

#[test]
fn a_distilled_model_gets_its_guidance_as_conditioning() {
    let insert = insert(&default_graph(), "Flux-Dev").unwrap();
    let sampler = insert.nodes.iter().find(|node| node.kind == "KSampler").unwrap();
    assert!(sampler.widgets.contains(&("cfg", WidgetValue::Number(1.0))));
    assert!(insert.nodes.iter().any(|n| n.widgets == [("guidance", WidgetValue::Number(6.5))]));
    assert!(insert.nodes.iter().any(|node| node.kind == "EmptySD3LatentImage"));
}

#[test]
fn a_host_with_few_nodes_gets_what_it_can_create() {
    let mut graph = GraphView::default();
    assert_eq!(insert(&graph, "SDXL-v1"), None);
    graph.creatable = vec!["CLIPTextEncode".into()];
    let made = insert(&graph, "SDXL-v1").unwrap();
    assert_eq!((made.nodes.len(), made.links.len()), (2, 0));
}

#[test]
fn variants_become_one_list_node_that_feeds_both_prompts() {
    let request =
        VariantsRequest { positive: "a {red|blue} fox".into(), count: 2, ..VariantsRequest::default() };
    let mut graph = default_graph();
    let made = Insert::of_variants(&graph, &request, ["P", "N"]).unwrap();
    let kinds: Vec<_> = made.nodes.iter().map(|node| node.kind).collect();
    assert_eq!(kinds, ["MoltbotBatchVariants", "CLIPTextEncode", "CLIPTextEncode"]);
    assert!(made.nodes[0].widgets.contains(&("positive", WidgetValue::Text("a {red|blue} fox".into()))));
    assert!(made.nodes[0].widgets.contains(&("count", WidgetValue::Number(2.0))));
    let texts = made.links.iter().filter(|link| link.input == "text");
    let from: Vec<_> = texts.map(|link| (link.from.clone(), link.to)).collect();
    assert_eq!(from, [(Origin::New(0, 0), 1), (Origin::New(0, 1), 2)]);
    graph.creatable.retain(|kind| kind != "MoltbotBatchVariants");
    assert_eq!(Insert::of_variants(&graph, &request, ["P", "N"]), None);
}
