//! What the tabs hand to each other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::graph::WidgetValue;
use crate::tabs::planner::model::Plan;

/// What a picture is made from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    pub positive: String,
    pub negative: String,
    /// Generation parameters by name. What is absent stays as the graph has it.
    pub params: Map<String, Value>,
}

impl Recipe {
    pub fn param(&self, field: &str) -> Option<WidgetValue> {
        self.params.get(field).and_then(widget_value)
    }

    /// The parameters as people and nodes write them.
    pub fn params_json(&self) -> String {
        serde_json::to_string_pretty(&self.params).unwrap_or_default()
    }
}

impl From<&Plan> for Recipe {
    fn from(plan: &Plan) -> Self {
        let mut params = object(serde_json::to_value(&plan.params).unwrap_or_default());
        params.remove("extra");
        Self { positive: plan.positive.clone(), negative: plan.negative.clone(), params }
    }
}

/// A parameter as a widget takes it; `None` for what no widget holds.
pub fn widget_value(value: &Value) -> Option<WidgetValue> {
    match value {
        Value::String(text) => Some(WidgetValue::Text(text.clone())),
        Value::Number(number) => number.as_f64().map(WidgetValue::Number),
        _ => None,
    }
}

/// A widget's value as a parameter; whole numbers stay whole, as seeds and sizes have to.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and within what a number of JavaScript holds exactly"
)]
pub fn json_value(value: &WidgetValue) -> Value {
    match value {
        WidgetValue::Text(text) => text.clone().into(),
        WidgetValue::Number(n) if n.fract() == 0.0 && (0.0..=9e15).contains(n) => (*n as u64).into(),
        WidgetValue::Number(number) => (*number).into(),
    }
}

/// An object with these members. Collecting would sort, with more code than all of this.
pub fn members(members: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    members.for_each(|(name, value)| drop(object.insert(name, value)));
    object
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_go_to_widgets_and_back() {
        let check = |value: Value| assert_eq!(json_value(&widget_value(&value).unwrap()), value, "{value}");
        [json!("euler"), json!(7.5), json!(1024), json!(0), json!(9_000_000_000_000_000_u64)]
            .into_iter()
            .for_each(check);
        assert_eq!(widget_value(&json!(null)), None);
        assert_eq!(widget_value(&json!({"a": 1})), None);
    }
}
