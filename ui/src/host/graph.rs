//! Copies the page's graph into plain data and writes plans back as single undo steps.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use super::Host;
use crate::graph::{
    GraphView, Input, Insert, NewNode, Node, Origin, Widget, WidgetValue, Write, number_text,
};
use crate::js;

/// LiteGraph's mode numbers for nodes that do not run: muted and bypassed.
const OFF: [f64; 2] = [2.0, 4.0];

impl Host {
    /// The graph that is open on the canvas, a subgraph included.
    fn graph(self) -> JsValue {
        let shown = js::path(&self.app(), "canvas.graph");
        if shown.is_object() { shown } else { js::get(&self.app(), "graph") }
    }

    fn nodes(self) -> impl Iterator<Item = JsValue> {
        js::items(&js::get(&self.graph(), "_nodes"))
    }

    pub(super) fn find(self, id: &str) -> Option<JsValue> {
        self.nodes().find(|node| node_id(node) == id)
    }

    /// A snapshot of the open graph; empty where there is none.
    pub fn read_graph(self) -> GraphView {
        let graph = self.graph();
        let selected = js::path(&self.app(), "canvas.selected_nodes");
        let known = js::path(&js_sys::global(), "LiteGraph.registered_node_types");
        GraphView {
            nodes: self.nodes().map(|node| read_node(&graph, &selected, &node)).collect(),
            creatable: Insert::KINDS
                .iter()
                .filter(|kind| !js::get(&known, kind).is_undefined())
                .map(|kind| (*kind).to_owned())
                .collect(),
        }
    }

    /// Sets widgets as one undo step; tells for each whether it took the value.
    pub fn write(self, writes: &[Write]) -> Vec<bool> {
        let _step = UndoStep::begin(self);
        let canvas = js::get(&self.app(), "canvas");
        let written = writes
            .iter()
            .map(|write| {
                self.find(&write.node)
                    .is_some_and(|node| set_widget(&canvas, &node, &write.widget, &write.value))
            })
            .collect();
        self.redraw();
        written
    }

    /// Adds nodes in the middle of the view as one undo step and selects them; false when none could be made.
    pub fn insert(self, insert: &Insert) -> bool {
        let _step = UndoStep::begin(self);
        let (graph, canvas) = (self.graph(), js::get(&self.app(), "canvas"));
        let middle = middle_of_view(&canvas);
        let made: Vec<_> = insert.nodes.iter().map(|node| make_node(&graph, &canvas, node, middle)).collect();
        for link in &insert.links {
            let origin = match &link.from {
                Origin::New(index, slot) => made[*index].clone().map(|node| (node, *slot)),
                Origin::Existing { node, slot } => self.find(node).map(|node| (node, *slot)),
            };
            let Some(((origin, slot), target)) = origin.zip(made[link.to].as_ref()) else { continue };
            if let Some(input) = input_slot(target, link.input) {
                let _ = js::call(&origin, "connect", &[slot.into(), target.clone(), input.into()]);
            }
        }
        let made: js_sys::Array = made.into_iter().flatten().collect();
        let _ = js::call(&canvas, "deselectAll", &[]);
        if js::call(&canvas, "selectItems", &[made.clone().into()]).is_err() {
            let _ = js::call(&canvas, "selectNodes", &[made.clone().into()]);
        }
        self.redraw();
        made.length() > 0
    }

    fn redraw(self) {
        let _ = js::call(&self.graph(), "setDirtyCanvas", &[true.into(), true.into()]);
    }
}

/// Everything between its beginning and its end is one step of the host's undo history.
struct UndoStep(JsValue);

impl UndoStep {
    fn begin(host: Host) -> Self {
        let tracker = js::path(&host.manager("workflow"), "activeWorkflow.changeTracker");
        // What people did just before must stay a step of its own. Newer hosts renamed the method.
        if js::call(&tracker, "captureCanvasState", &[]).is_err() {
            let _ = js::call(&tracker, "checkState", &[]);
        }
        let _ = js::call(&tracker, "beforeChange", &[]);
        Self(tracker)
    }
}

impl Drop for UndoStep {
    fn drop(&mut self) {
        let _ = js::call(&self.0, "afterChange", &[]);
    }
}

fn node_id(node: &JsValue) -> String {
    let id = js::get(node, "id");
    id.as_string().or_else(|| id.as_f64().map(number_text)).unwrap_or_default()
}

fn read_node(graph: &JsValue, selected: &JsValue, node: &JsValue) -> Node {
    let id = node_id(node);
    let inputs: Vec<_> = js::items(&js::get(node, "inputs")).collect();
    let linked = |input: &&JsValue| js::get(input, "link").as_f64().is_some();
    let fed: Vec<_> = inputs
        .iter()
        .filter(linked)
        .filter_map(|input| js::text(&js::get(input, "widget"), "name"))
        .collect();
    Node {
        kind: js::text(node, "type").unwrap_or_default(),
        title: js::text(node, "title").unwrap_or_default(),
        selected: !js::get(selected, &id).is_undefined(),
        off: js::get(node, "mode").as_f64().is_some_and(|mode| OFF.contains(&mode)),
        widgets: js::items(&js::get(node, "widgets")).filter_map(|w| read_widget(&w, &fed)).collect(),
        inputs: inputs.iter().filter(linked).filter_map(|input| read_input(graph, input)).collect(),
        outputs: js::items(&js::get(node, "outputs"))
            .map(|output| js::text(&output, "type").unwrap_or_default())
            .collect(),
        id,
    }
}

fn read_widget(widget: &JsValue, fed: &[String]) -> Option<Widget> {
    let name = js::text(widget, "name")?;
    let value = js::get(widget, "value");
    let value =
        value.as_string().map(WidgetValue::Text).or_else(|| value.as_f64().map(WidgetValue::Number))?;
    let multiline = js::text(widget, "type").as_deref() == Some("customtext")
        || js::path(widget, "options.multiline").is_truthy();
    Some(Widget { multiline, linked: fed.contains(&name), value, name })
}

fn read_input(graph: &JsValue, input: &JsValue) -> Option<Input> {
    let id = js::get(input, "link");
    let links = js::get(graph, "links");
    // Links are a map in newer hosts and an array-like object in older ones.
    let link = js::call(graph, "getLink", std::slice::from_ref(&id))
        .or_else(|_| js::call(&links, "get", std::slice::from_ref(&id)))
        .or_else(|_| Reflect::get(&links, &id))
        .ok()?;
    let origin = js::get(&link, "origin_id");
    Some(Input {
        name: js::text(input, "name")?,
        kind: js::text(input, "type").unwrap_or_default(),
        origin: origin.as_string().or_else(|| origin.as_f64().map(number_text))?,
        origin_slot: slot(&js::get(&link, "origin_slot")),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a slot is a small index")]
fn slot(value: &JsValue) -> u32 {
    value.as_f64().unwrap_or_default() as u32
}

fn set_widget(canvas: &JsValue, node: &JsValue, name: &str, value: &WidgetValue) -> bool {
    let widget =
        js::items(&js::get(node, "widgets")).find(|widget| js::text(widget, "name").as_deref() == Some(name));
    let Some(widget) = widget else { return false };
    let value: JsValue = match value {
        WidgetValue::Text(text) => text.into(),
        WidgetValue::Number(number) => (*number).into(),
    };
    // A choice this ComfyUI does not offer would make the whole graph refuse to run.
    let choices = js::path(&widget, "options.values");
    if js_sys::Array::is_array(&choices) && !js::items(&choices).any(|choice| choice == value) {
        return false;
    }
    if !js::set(&widget, "value", &value) {
        return false;
    }
    let _ = js::call(&widget, "callback", &[value, canvas.clone(), node.clone()]);
    true
}

fn make_node(graph: &JsValue, canvas: &JsValue, new: &NewNode, middle: (f64, f64)) -> Option<JsValue> {
    let node = js::call(&js::get(&js_sys::global(), "LiteGraph"), "createNode", &[new.kind.into()]).ok()?;
    if !node.is_object() {
        return None;
    }
    let pair = |x: f64, y: f64| JsValue::from(js_sys::Array::of2(&x.round().into(), &y.round().into()));
    if let Some(title) = new.title {
        js::set(&node, "title", &title.into());
    }
    js::set(&node, "pos", &pair(middle.0 + new.pos.0, middle.1 + new.pos.1));
    js::call(graph, "add", std::slice::from_ref(&node)).ok()?;
    if let Some((width, height)) = new.size {
        let _ = js::call(&node, "setSize", &[pair(width, height)]);
    }
    for (name, value) in &new.widgets {
        set_widget(canvas, &node, name, value);
    }
    Some(node)
}

fn input_slot(node: &JsValue, name: &str) -> Option<u32> {
    let at =
        js::items(&js::get(node, "inputs")).position(|i| js::text(&i, "name").as_deref() == Some(name))?;
    u32::try_from(at).ok()
}

/// In graph coordinates: the canvas shows them scaled and shifted.
fn middle_of_view(canvas: &JsValue) -> (f64, f64) {
    let number = |keys: &str| js::path(canvas, keys).as_f64().unwrap_or_default();
    let scale = js::path(canvas, "ds.scale").as_f64().filter(|scale| *scale > 0.0).unwrap_or(1.0);
    (
        number("canvas.clientWidth") / 2.0 / scale - number("ds.offset.0"),
        number("canvas.clientHeight") / 2.0 / scale - number("ds.offset.1"),
    )
}
