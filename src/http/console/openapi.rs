//! The description of the interface (OpenAPI 3.1), made of the same table that answers it.

use super::field::Field;
use super::route::{Route, Verb};
use super::routes;
use crate::access::{Commands, Role};
use crate::base::{Language, phrases};
use serde_json::{Map, Value, json};

/// The whole description.
pub(super) fn described() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas = Map::new();
    for route in routes::all().filter(|route| is_of_a_program(route)) {
        let path = format!("/api/v1{}", if route.path.is_empty() { "/" } else { route.path });
        let verb = match route.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        let operation = operation(route, &mut schemas);
        if let Value::Object(calls) = paths.entry(path).or_insert_with(|| json!({})) {
            calls.insert(verb.to_owned(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Stazh",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything of the console that a program's account may be granted; the acts of administrators, and what a second \
                            person decides, are people's alone. A call is refused with a code of the error catalogue (RFC 9457).",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "Signed by the account's Ed25519 key (EdDSA): sub is the login, exp at most five minutes ahead, jti is new for each.",
                },
            },
            "schemas": schemas,
        },
    })
}

/// Whether the account of a program can ever be allowed to call it: what it cannot is not described.
fn is_of_a_program(route: &Route) -> bool {
    let command = Commands::built_in().find(route.command);
    route.is_for_programs() && command.is_ok_and(|command| command.roles.contains(&Role::Integration))
}

fn operation(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let english = phrases(Language::En);
    let mut parameters: Vec<Value> = segments(route.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })
        })
        .collect();
    if route.verb == Verb::Get {
        parameters.extend(route.fields.iter().map(|field| {
            json!({ "name": field.name, "in": "query", "required": field.is_required, "schema": field.schema(),
                    "description": english.say(&format!("field-{}", field.name.replace('_', "-"))) })
        }));
    }
    let mut answer: Value = (route.answer)().to_value();
    if let Value::Object(answer) = &mut answer {
        answer.remove("$schema");
        if let Some(Value::Object(more)) = answer.remove("$defs") {
            schemas.extend(more.into_iter().map(|(name, schema)| (name, lifted(schema))));
        }
    }
    if answer.get("type") == Some(&json!("null")) {
        answer = json!({ "type": "object", "additionalProperties": false });
    }
    let is_file = answer.get("format") == Some(&json!("binary"));
    let media = if is_file { "*/*" } else { "application/json" };
    if route.verb == Verb::Post {
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Sent again under the same key it is done once, and answered alike; known for two days.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,100}$" } }));
    }
    let problem = |told: &str| json!({ "description": told, "content": { "application/problem+json": {} } });
    let mut operation = json!({
        "operationId": format!("{}{}", if route.verb == Verb::Get { "get" } else { "post" }, route.path.replace(['/', '{', '}'], "-")),
        "summary": english.say(&format!("command-{}", route.command)),
        "x-command": route.command,
        "parameters": parameters,
        "responses": {
            "200": { "description": "done", "content": { media: { "schema": lifted(answer) } } },
            "400": problem("it cannot be read"),
            "401": problem("no token, or one that does not hold"),
            "403": problem("the account may not"),
            "404": problem("nothing of this id"),
            "408": problem("its body did not come in time"),
            "409": problem("it stands otherwise by now"),
            "413": problem("it is too large"),
            "415": problem("it is of another media type"),
            "422": problem("its values do not fit, all of them told"),
            "503": problem("later: the database cannot be reached or written"),
        },
    });
    if route.verb == Verb::Post
        && let Value::Object(operation) = &mut operation
    {
        operation.insert("requestBody".to_owned(), body(route.fields));
    }
    operation
}

fn body(fields: &[Field]) -> Value {
    let schema_of = |field: &Field| {
        let schema = field.schema();
        if field.is_required { schema } else { json!({ "anyOf": [schema, { "type": "null" }] }) }
    };
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), schema_of(field))).collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    json!({ "required": !required.is_empty(), "content": { "application/json": { "schema": schema } } })
}

/// References to definitions that now stand among the components.
fn lifted(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(match text.strip_prefix("#/$defs/") {
            Some(name) => format!("#/components/schemas/{name}"),
            None => text,
        }),
        Value::Array(items) => Value::Array(items.into_iter().map(lifted).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, lifted(value))).collect())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The components have one schema for each name.
    #[test]
    fn no_two_models_share_a_name() {
        let mut named: Map<String, Value> = Map::new();
        for route in routes::all() {
            let mut own = Map::new();
            operation(route, &mut own);
            for (name, schema) in own {
                let known = named.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*known, schema, "{} {name}", route.path);
            }
        }
        assert!(named.len() > 5);
    }
}
