use super::*;

fn request(policy: VariantPolicy, count: u32) -> VariantsRequest {
    let (sweep_start, sweep_end) = (4.0, 8.0);
    VariantsRequest {
        positive: "a {red|blue} {cat|dog|fox}".into(),
        count,
        seed_base: 7,
        variant_policy: policy,
        sweep_start,
        sweep_end,
        ..VariantsRequest::default()
    }
}

fn options(seeds: u32, at_once: u32) -> Options {
    Options { seeds, at_once }
}

fn batch(count: u32, at_once: u32) -> Batch {
    Batch::new(request(VariantPolicy::CfgSweep, count), options(1, at_once), Vec::new(), 1000.0).unwrap()
}

/// Sends what may be sent, under the ids `p0`, `p1` and so on.
fn send(batch: &mut Batch) -> Vec<usize> {
    let mut sent = Vec::new();
    while let Some(at) = batch.next() {
        batch.sent(at, Ok(format!("p{at}")));
        sent.push(at);
    }
    sent
}

fn tell(batch: &mut Batch, name: &str, id: &str) -> bool {
    let images = json!([{"filename": format!("{id}.png"), "type": "output"}]);
    batch.told(name, &json!({"prompt_id": id, "node": "9", "output": {"images": images}}), 5)
}

fn states(batch: &Batch) -> Vec<&'static str> {
    batch.cells.iter().map(|cell| cell.state.as_str()).collect()
}

#[test]
fn several_seeds_a_variant_are_the_same_for_every_variant() {
    let made = expand(&request(VariantPolicy::CfgSweep, 3), options(2, 1)).unwrap();
    let of = |name: &str| made.iter().map(|variant| variant.params[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("cfg"), [4.0, 4.0, 6.0, 6.0, 8.0, 8.0].map(|cfg| json!(cfg)));
    assert_eq!(of("seed"), [7, 8, 7, 8, 7, 8]);
    let seeds_only = expand(&request(VariantPolicy::None, 3), options(2, 1)).unwrap();
    assert_eq!(seeds_only.len(), 3, "seeds are what varies");
    let large = expand(&request(VariantPolicy::CfgSweep, 40), options(8, 1)).unwrap();
    assert_eq!(large.len(), 80, "no batch is larger than a hundred");
}

#[test]
fn the_grid_has_the_slots_then_the_seeds_as_its_directions() {
    let check = |request: &VariantsRequest, seeds: u32, expected: &[(Varies, &[&str])]| {
        let options = options(seeds, 1);
        let made = expand(request, options).unwrap();
        let axes = axes(request, options, &made);
        let named: Vec<_> = axes
            .iter()
            .map(|axis| (axis.varies, axis.values.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(varies, values)| (*varies, values.to_vec())).collect();
        assert_eq!(named, expected);
        // Every picture has what the axes say of it, and no two have the same place.
        let mut seen = std::collections::HashSet::new();
        for (at, variant) in made.iter().enumerate() {
            assert!(seen.insert(axes.iter().map(|axis| axis.of(at)).collect::<Vec<_>>()), "{at}");
            for axis in &axes {
                let value = &axis.values[axis.of(at)];
                match axis.varies {
                    Varies::Param(field) => assert_eq!(*value, model::short(&variant.params[field])),
                    Varies::Slot(_) => assert!(variant.positive.contains(value.as_str())),
                    Varies::Number => {}
                }
            }
        }
    };
    let (slots, colours) = (request(VariantPolicy::PromptSlots, 6), ["red", "blue"]);
    let animals = ["cat", "dog", "fox"];
    check(&slots, 1, &[(Varies::Slot(1), &colours), (Varies::Slot(2), &animals)]);
    check(
        &slots,
        2,
        &[(Varies::Slot(1), &colours), (Varies::Slot(2), &animals), (Varies::Param("seed"), &["7", "8"])],
    );
    let again = VariantsRequest { count: 8, ..slots.clone() };
    check(
        &again,
        1,
        &[(Varies::Slot(1), &colours), (Varies::Slot(2), &animals), (Varies::Number, &["1", "2"])],
    );
    let both = VariantsRequest { negative: "{x|y|z|w}".into(), count: 4, ..slots };
    check(&both, 1, &[(Varies::Number, &["1", "2", "3", "4"])]);
    let sweep = request(VariantPolicy::CfgSweep, 3);
    check(&sweep, 1, &[(Varies::Param("cfg"), &["4", "6", "8"])]);
    check(&sweep, 2, &[(Varies::Param("cfg"), &["4", "6", "8"]), (Varies::Param("seed"), &["7", "8"])]);
    check(&request(VariantPolicy::None, 2), 1, &[(Varies::Param("seed"), &["7", "8"])]);
    check(&request(VariantPolicy::CfgSweep, 1), 1, &[]);
}

fn place(field: &str, node: &str, widget: &str, at: Option<usize>) -> Place {
    Place { field: field.into(), node: node.into(), widget: widget.into(), at }
}

#[test]
fn values_go_into_a_copy_of_the_prompt_and_its_graph_and_links_stay() {
    let base = |cfg: f64, text: &str| {
        json!({
            "output": {
                "3": {"class_type": "KSampler", "inputs": {"cfg": cfg, "seed": ["9", 0], "steps": 20}},
                "12:6": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}},
            },
            "workflow": {"nodes": [
                {"id": 3, "widgets_values": [1, "fixed", cfg], "widgets_values_named": {"cfg": cfg, "seed": 1}},
                {"id": "12", "widgets_values": ["not this"]},
            ]},
        })
    };
    let places = [
        place("positive", "6", "text", Some(0)),
        place("cfg", "3", "cfg", Some(2)),
        place("seed", "3", "seed", Some(0)),
        place("steps", "99", "steps", None),
    ];
    let params = json!({"cfg": 4.5, "seed": 18_446_744_073_709_551_615_u64, "steps": 9, "denoise": 0.5});
    let params = crate::recipe::object(params);
    let recipe = Recipe { positive: "a cat".into(), negative: String::new(), params };
    assert_eq!(filled(&base(8.0, "before"), &places, &recipe), base(4.5, "a cat"));
    assert_eq!(unplaced(&recipe, &places), ["denoise"], "an empty negative leaves the graph's own");
}

#[test]
fn a_refusal_names_the_node_and_what_is_wrong_there() {
    let node = json!({"class_type": "KSampler", "errors": [{"message": "Value not in list", "details": "sampler_name: 'x'"}]});
    let error = json!({"message": "Prompt outputs failed validation", "details": ""});
    let said = |answer: Value| refusal(&answer);
    assert_eq!(
        said(json!({"error": error, "node_errors": {"3": node}})).unwrap(),
        "KSampler: Value not in list: sampler_name: 'x'"
    );
    assert_eq!(said(json!({"error": error, "node_errors": {}})).unwrap(), "Prompt outputs failed validation");
    assert_eq!(said(json!({"error": "no"})).unwrap(), "no");
    assert_eq!(said(Value::Null), None);
}

#[test]
fn as_many_as_may_be_are_in_the_queue_until_all_are_done() {
    let mut batch = batch(5, 2);
    assert_eq!(send(&mut batch), [0, 1]);
    assert!(tell(&mut batch, "execution_start", "p0"));
    assert!(tell(&mut batch, "executed", "p0"));
    assert_eq!(states(&batch)[..3], ["running", "submitted", "queued"]);
    assert!(tell(&mut batch, "execution_success", "p0"));
    assert!(!tell(&mut batch, "execution_success", "somebody else's"));
    assert_eq!(send(&mut batch), [2]);
    for id in ["p1", "p2"] {
        tell(&mut batch, "execution_success", id);
    }
    assert_eq!(send(&mut batch), [3, 4]);
    assert!(batch.goes_on(9.0));
    for id in ["p3", "p4"] {
        tell(&mut batch, "execution_success", id);
    }
    assert!(!batch.goes_on(9.0));
    assert_eq!((batch.ended, batch.counts()), (Some(9.0), Counts { done: 5, left: 0, all: 5 }));
    assert_eq!(batch.cells[0].picture().unwrap().filename, "p0.png");
}

#[test]
fn what_failed_runs_again_and_what_is_done_stays() {
    let mut batch = batch(4, 4);
    for at in 0..3 {
        assert_eq!(batch.next(), Some(at));
    }
    batch.sent(0, Ok("p0".into()));
    batch.sent(1, Err("no such sampler".into()));
    batch.sent(2, Ok("p2".into()));
    tell(&mut batch, "execution_success", "p0");
    batch.told("execution_error", &json!({"prompt_id": "p2", "exception_message": "no memory\n"}), 5);
    assert_eq!(
        (batch.cells[1].error.as_str(), batch.cells[2].error.as_str()),
        ("no such sampler", "no memory")
    );
    assert_eq!(batch.next(), Some(3));
    batch.halt(3, 8.0);
    assert_eq!(states(&batch), ["succeeded", "failed", "failed", "queued"]);
    assert_eq!((batch.next(), batch.counts()), (None, Counts { done: 1, left: 3, all: 4 }));
    batch.again();
    assert_eq!(send(&mut batch), [1, 2, 3]);
    assert_eq!(batch.cells[1].error, "");
}

#[test]
fn cancelling_drops_what_waits_and_names_what_comfyui_has() {
    let mut batch = batch(4, 2);
    send(&mut batch);
    tell(&mut batch, "execution_start", "p0");
    assert_eq!(batch.cancel(7.0), ["p1", "p0"]);
    batch.dropped("p0");
    batch.dropped("p1");
    assert_eq!(
        states(&batch),
        ["running", "cancelled", "cancelled", "cancelled"],
        "the running one ends by itself"
    );
    tell(&mut batch, "execution_interrupted", "p0");
    assert_eq!((states(&batch)[0], batch.next()), ("interrupted", None));
}

#[test]
fn a_batch_survives_a_reload_and_what_comfyui_forgot_is_lost() {
    let mut before = batch(4, 3);
    before.places = vec![place("positive", "6", "text", Some(0)), place("cfg", "3", "cfg", None)];
    before.winner = Some(0);
    send(&mut before);
    tell(&mut before, "executed", "p0");
    tell(&mut before, "execution_success", "p0");
    assert_eq!(before.next(), Some(3));
    let text = before.to_value().to_string();
    let mut after = Batch::read(&serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(states(&after), ["succeeded", "submitted", "submitted", "lost"]);
    assert_eq!(after.cells[0], before.cells[0]);
    assert_eq!((&after.places, after.winner, after.options), (&before.places, Some(0), before.options));
    assert_eq!(after.in_comfyui(), ["p1", "p2"]);
    after.found("p1", Some(blank("p1", JobState::Succeeded, 5)));
    after.found("p2", None);
    assert_eq!(states(&after)[1..3], ["succeeded", "lost"]);
    for other in [json!(null), json!({}), json!([1]), {
        let mut fewer = before.to_value();
        fewer["request"]["count"] = 2.into();
        fewer
    }] {
        assert_eq!(Batch::read(&other), None, "{other}");
    }
}

#[test]
fn the_table_names_states_files_and_the_chosen_one() {
    let mut batch = batch(2, 1);
    send(&mut batch);
    tell(&mut batch, "executed", "p0");
    tell(&mut batch, "execution_success", "p0");
    batch.winner = Some(0);
    assert_eq!(columns(&batch), [["succeeded", "p0.png", "yes"], ["queued", "", ""]]);
}
