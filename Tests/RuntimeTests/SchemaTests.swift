import AlphaLoopRuntime
import AlphaLoopYAML
import Testing

private func schema(_ text: String) throws -> JSONSchema { try JSONSchema(JSONValue.parse(text)) }

/// The violations of a value, `pointer: message`.
private func violations(_ schemaText: String, _ value: String) throws -> [String] {
  try schema(schemaText).resolve(JSONValue.parse(value)).violations.map { "\($0.pointer): \($0.message)" }
}

private func problems(_ text: String) throws -> [String] {
  JSONSchema.validateSchema(try JSONValue.parse(text)).map { "\($0.pointer): \($0.message)" }
}

@Suite("JSON Schema")
struct SchemaTests {
  // Each keyword with a value that passes and one that does not, by the definitions of draft 2020-12.
  @Test(
    "each keyword accepts and refuses",
    arguments: [
      (#"{"type":"integer"}"#, "1.0", "1.5"), (#"{"type":"number"}"#, "1", "\"1\""),
      (#"{"type":["string","null"]}"#, "null", "0"),
      (#"{"type":"boolean"}"#, "false", "0"), (#"{"type":"array"}"#, "[]", "{}"), (#"{"type":"object"}"#, "{}", "[]"),
      (#"{"enum":["a",1,null]}"#, "1.0", "2"), (#"{"const":{"a":[1]}}"#, #"{"a":[1.0]}"#, #"{"a":[2]}"#),
      (#"{"minimum":2}"#, "2", "1.999"), (#"{"maximum":2}"#, "2", "2.001"), (#"{"exclusiveMinimum":2}"#, "2.1", "2"),
      (#"{"exclusiveMaximum":2}"#, "1.9", "2"), (#"{"multipleOf":0.01}"#, "4.35", "4.355"),
      (#"{"multipleOf":3}"#, "3e20", "1e20"),
      (#"{"minLength":2}"#, "\"éé\"", "\"é\""), (#"{"maxLength":1}"#, "\"😀\"", "\"ab\""),
      (#"{"minItems":1}"#, "[0]", "[]"),
      (#"{"maxItems":1}"#, "[0]", "[0,0]"), (#"{"uniqueItems":true}"#, "[1,\"1\"]", "[1,1.0]"),
      (#"{"items":{"type":"null"}}"#, "[null]", "[null,0]"),
      (#"{"required":["a"]}"#, #"{"a":null}"#, #"{"b":1}"#),
      (#"{"properties":{"a":{"minimum":1}}}"#, #"{"b":0}"#, #"{"a":0}"#),
      (#"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1}"#, #"{"b":1}"#),
      (#"{"additionalProperties":{"type":"number"}}"#, #"{"a":1}"#, #"{"a":"x"}"#),
      (#"{"minProperties":1}"#, #"{"a":1}"#, "{}"),
      (#"{"maxProperties":1}"#, #"{"a":1}"#, #"{"a":1,"b":2}"#),
      (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, "2", "4"),
      (#"{"anyOf":[{"type":"string"},{"minimum":3}]}"#, "3", "2"),
      (#"{"oneOf":[{"minimum":3},{"maximum":5}]}"#, "6", "4"),
      (##"{"not":{"type":"string"}}"##, "1", "\"x\""),
      (##"{"$defs":{"p":{"exclusiveMinimum":0}},"items":{"$ref":"#/$defs/p"}}"##, "[1]", "[0]"),
      (
        ##"{"properties":{"a":{"$ref":"#"},"v":{"type":"number"}}}"##, ##"{"a":{"a":{"v":1}}}"##,
        ##"{"a":{"a":{"v":"x"}}}"##
      ),
      (#"{"pattern":"^[a-z][a-z0-9_]{0,3}$"}"#, "\"ab_1\"", "\"ab_12\""), ("true", "1", ""), ("false", "", "1"),
      // A keyword for one type says nothing about others.
      (#"{"minimum":5}"#, "\"x\"", ""), (#"{"minLength":5}"#, "1", ""),
    ])
  func keywords(schema: String, good: String, bad: String) throws {
    if !good.isEmpty { #expect((try violations(schema, good)).isEmpty, "\(schema) refused \(good)") }
    if !bad.isEmpty { #expect(!(try violations(schema, bad).isEmpty), "\(schema) accepted \(bad)") }
  }

  @Test(
    "patterns match anywhere unless anchored",
    arguments: [
      ("b+", "abbbc", true), ("^b", "ab", false), ("b$", "ab", true), ("b$", "ba", false), ("^a.c$", "abc", true),
      ("^a.c$", "a\nc", false),
      ("^\\d{2,3}$", "12", true), ("^\\d{2,3}$", "1234", false), ("^\\d{2,}$", "1234", true), ("^[^,]+$", "a,b", false),
      ("^[\\w.-]+$", "a-b.c_9", true),
      ("^\\^?[A-Z]+$", "^GSPC", true), ("x*", "", true), ("^x?$", "xx", false), ("^[a\\-z]+$", "a-z", true),
      ("^[a\\-z]+$", "b", false), ("", "anything", true),
    ])
  func patterns(pattern: String, text: String, expected: Bool) throws {
    let schemaValue: JSONValue = ["pattern": .string(pattern)]
    let matched = try JSONSchema(schemaValue).resolve(.string(text)).violations.isEmpty
    #expect(matched == expected)
  }

  @Test("matching a pattern that makes backtracking explode takes no time to speak of")
  func linearTime() throws {
    let pattern = String(repeating: "a*", count: 100) + "b$"
    let schemaValue: JSONValue = ["pattern": .string(pattern)]
    let text = String(repeating: "a", count: 5_000)
    let compiled = try JSONSchema(schemaValue)
    var violations: [SchemaViolation] = []
    let elapsed = ContinuousClock().measure { violations = compiled.resolve(.string(text)).violations }
    #expect(violations.count == 1)
    #expect(elapsed < .seconds(5))
  }

  @Test(
    "messages name the nearest property, the pointer and what to write",
    arguments: [
      (
        #"{"properties":{"lookback":{"type":"integer"}},"additionalProperties":false}"#, #"{"lokback":5}"#,
        "/lokback: unknown key 'lokback'; did you mean 'lookback'?"
      ),
      (#"{"properties":{"a":{"items":{"maximum":3}}}}"#, #"{"a":[1,9]}"#, "/a/1: 9 is above 3; write 3 or less"),
      (#"{"type":"integer"}"#, "\"5\"", ": expected integer, found string \"5\""),
      (#"{"enum":["long","short"]}"#, "\"shrot\"", ": \"shrot\" is not one of the choices; did you mean 'short'?"),
      (#"{"required":["a"]}"#, "{}", ": the key 'a' is missing; add it"),
      (#"{"properties":{"a/b":{"type":"null"}}}"#, #"{"a/b":1}"#, "/a~1b: expected null, found integer 1"),
      (
        #"{"oneOf":[{"type":"string"},{"properties":{"k":{"maximum":1}},"required":["k"]}]}"#, #"{"k":2}"#,
        "/k: fits none of 2 alternatives; the nearest one says: 2 is above 1; write 1 or less"
      ),
    ])
  func messages(schema: String, value: String, expected: String) throws {
    #expect(try violations(schema, value) == [expected])
  }

  @Test("all violations come out together")
  func together() throws {
    let found = try violations(
      #"{"properties":{"a":{"minimum":1},"b":{"type":"string"},"c":true},"required":["c"],"additionalProperties":false}"#,
      #"{"a":0,"b":1,"d":2}"#)
    #expect(found.count == 4)
  }

  @Test("defaults are put in at every level that is present")
  func defaults() throws {
    let text = ##"""
      {"properties":{
        "window":{"type":"integer","default":20},
        "costs":{"type":"object","default":{},"properties":{"fee":{"default":0.01}}},
        "legs":{"items":{"properties":{"ratio":{"default":1}}}},
        "mode":{"$ref":"#/$defs/mode"},
        "absent":{"properties":{"x":{"default":1}}}
      },"required":["window"],"$defs":{"mode":{"enum":["fast","slow"],"default":"slow"}}}
      """##
    let (value, found) = try schema(text).resolve(JSONValue.parse(#"{"legs":[{},{"ratio":2}]}"#))
    #expect(found.isEmpty)
    #expect(
      value.canonicalText == #"{"costs":{"fee":0.01},"legs":[{"ratio":1},{"ratio":2}],"mode":"slow","window":20}"#)
    #expect(try schema(text).resolve(JSONValue.parse(#"{"window":5}"#)).value["window"] == 5)
  }

  @Test("defaults come from the alternative that fits")
  func alternativeDefaults() throws {
    let text =
      #"{"oneOf":[{"properties":{"k":{"const":"a"},"x":{"default":1}},"required":["k"]},{"properties":{"k":{"const":"b"},"y":{"default":2}},"required":["k"]}]}"#
    #expect(try schema(text).resolve(JSONValue.parse(#"{"k":"b"}"#)).value.canonicalText == #"{"k":"b","y":2}"#)
  }

  @Test(
    "a schema that is not sound is refused",
    arguments: [
      (
        #"{"typ":"integer"}"#, "/typ: the keyword 'typ' is not supported and would not be checked; did you mean 'type'?"
      ),
      (#"{"type":"int"}"#, "/type: 'int' is not a type; did you mean 'integer'?"),
      (#"{"format":"date"}"#, "/format: the only format is 'path'"),
      (#"{"if":true,"x-note":1,"title":"t"}"#, "/if: the keyword 'if' is not supported"),
      (#"{"enum":[]}"#, "/enum: enum is a list"),
      (
        #"{"properties":{"a":{"default":"x","type":"number"}}}"#,
        "/properties/a/default: the default does not pass: expected number"
      ),
      (##"{"properties":{"a":{"minimum":"x"}}}"##, "/properties/a/minimum: expected a number"),
      (##"{"$ref":"#/$defs/x"}"##, "/$ref: '#/$defs/x' is not a place"),
      (##"{"$ref":"other.json"}"##, "/$ref: $ref points into the same schema"),
      (##"{"$ref":"#"}"##, ": refers to itself"),
      (##"{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}"##, ""),
      (##"{"minimum":3,"maximum":2}"##, ": minimum 3 is above maximum 2"),
      (#"{"minItems":3,"maxItems":2}"#, "/maxItems: the minimum 3 is above the maximum 2"),
      (#"{"multipleOf":0}"#, "/multipleOf: multipleOf is above 0"),
      (#"{"minLength":-1}"#, "/minLength: minLength is a whole number"),
      (#"{"required":["a","a"]}"#, "/required: required is a list of names"),
      (
        #"{"properties":{"window":true},"required":["windw"],"additionalProperties":false}"#,
        "/required: 'windw' is required but is no property, so nothing can pass; did you mean 'window'?"
      ),
      (#"{"pattern":"(a|b)+"}"#, "/pattern: the pattern '(a|b)+': groups and alternatives are not supported"),
      (#"{"pattern":"a**"}"#, "/pattern: the pattern 'a**': two quantifiers"),
      (#"{"pattern":"a{9999}"}"#, "/pattern:"), (#"{"pattern":"[z-a]"}"#, "/pattern:"),
      (#"{"pattern":"[a"}"#, "/pattern:"), (#"{"pattern":"\\b"}"#, "/pattern:"),
      (#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "/$schema: the dialect is"),
      ("5", ": a schema is an object"), (#"{"items":[true]}"#, "/items: a schema is an object"),
      (#"{"uniqueItems":1}"#, "/uniqueItems: uniqueItems is true or false"),
      (#"{"allOf":[]}"#, "/allOf: expected a list"),
    ])
  func unsound(schema: String, expected: String) throws {
    let found = try problems(schema)
    #expect(found.count == 1, "got \(found)")
    #expect(found.first?.hasPrefix(expected) == true, "got \(found)")
  }

  @Test("all problems of a schema come out together")
  func allProblems() throws {
    #expect(try problems(#"{"typ":1,"minimum":"x","properties":{"a":{"type":"int"}}}"#).count == 3)
  }

  @Test("work that grows exponentially ends with a report, inside an alternative too")
  func exponential() throws {
    var definitions = ""
    for level in 0..<40 {
      definitions +=
        ##""d\##(level)":{"allOf":[{"$ref":"#/$defs/d\##(level + 1)"},{"$ref":"#/$defs/d\##(level + 1)"}]},"##
    }
    let text = ##"{"$defs":{\##(definitions)"d40":{"type":"number"}},"anyOf":[{"$ref":"#/$defs/d0"}]}"##
    #expect(try violations(text, "1") == [": too much work to validate; make the schema or the value smaller"])
  }

  @Test("violations of YAML parameters are reported where they are written")
  func located() throws {
    let yaml = "parameters:\n  window: 2\n  costs: {fee: -1}\n  lokback: 3\n  names:\n    - a\n    - 5\n"
    let node = try YAMLNode.parse(Array(yaml.utf8), file: "a.yaml")
    guard case .mapping(let entries) = node.content else { return }
    let issues = IssueCollector()
    let parameters = LocatedJSON(entries[0].value, issues: issues)
    let text = #"""
      {"properties":{"window":{"minimum":5},"costs":{"properties":{"fee":{"minimum":0}}},"lookback":true,
       "names":{"items":{"type":"string"}},"x":true},"required":["x"],"additionalProperties":false}
      """#
    let found = try schema(text).resolve(parameters, of: "'tsmom'").issues.sorted().map(\.description)
    #expect(
      found == [
        "a.yaml:2:3: parameters of 'tsmom': the key 'x' is missing; add it",
        "a.yaml:2:11: parameters of 'tsmom' at '/window': 2 is below 5; write 5 or more",
        "a.yaml:3:16: parameters of 'tsmom' at '/costs/fee': -1 is below 0; write 0 or more",
        "a.yaml:4:3: parameters of 'tsmom' at '/lokback': unknown key 'lokback'; did you mean 'lookback'?",
        "a.yaml:7:7: parameters of 'tsmom' at '/names/1': expected string, found integer 5",
      ])
    #expect(issues.issues.isEmpty)
  }
}
