import AlphaLoopYAML
import Testing

/// What `parse` says about a text, one issue an element; empty when it is accepted.
private func issues(_ text: String, limits: YAMLLimits = YAMLLimits()) -> [String] {
  do {
    _ = try YAMLNode.parse(Array(text.utf8), file: "f.yaml", limits: limits)
    return []
  } catch {
    return error.issues.map(\.description)
  }
}

/// A node as text, so that expected trees can be written by hand.
private func shown(_ node: YAMLNode) -> String {
  switch node.content {
  case .scalar(let scalar): return scalar.isText ? "'\(scalar.text)'" : scalar.text
  case .sequence(let items): return "[" + items.map(shown).joined(separator: ",") + "]"
  case .mapping(let entries):
    return "{" + entries.map { "\($0.key):\(shown($0.value))" }.joined(separator: ",") + "}"
  }
}

private func tree(_ text: String) throws -> String {
  shown(try YAMLNode.parse(Array(text.utf8), file: "f.yaml"))
}

@Suite("YAML trees")
struct YAMLParserTests {
  @Test("keeps order, quoting and nesting")
  func structure() throws {
    #expect(
      try tree("b: 1\na: [x, \"5\", 'y']\nc:\n  - d: |\n      two\n      lines\n")
        == "{b:1,a:[x,'5','y'],c:[{d:'two\nlines\n'}]}")
  }

  @Test("an alias stands for the node it names")
  func aliases() throws {
    #expect(try tree("a: &x [1, 2]\nb: *x\n") == "{a:[1,2],b:[1,2]}")
  }

  @Test("!!str makes text of anything; other core tags must fit")
  func tags() throws {
    #expect(try tree("a: !!str 5\nb: !!int 7\n") == "{a:'5',b:7}")
    #expect(issues("a: !!int x\n") == ["f.yaml:1:4: 'x' is not what its tag '!!int' says; drop the tag"])
  }

  @Test("locations count lines and columns from one, columns in characters")
  func locations() throws {
    let node = try YAMLNode.parse(Array("é: 1\nb:\n  - ü: {c: 2}\n".utf8), file: "f.yaml")
    guard case .mapping(let entries) = node.content, case .sequence(let items) = entries[1].value.content,
      case .mapping(let inner) = items[0].content, case .mapping(let flow) = inner[0].value.content
    else {
      Issue.record("unexpected shape")
      return
    }
    #expect(entries[0].value.location.description == "f.yaml:1:4")
    #expect(entries[1].keyLocation.description == "f.yaml:2:1")
    #expect(items[0].location.description == "f.yaml:3:5")
    #expect(flow[0].value.location.description == "f.yaml:3:12")
  }

  @Test(
    "a fault is named at its place",
    arguments: [
      ("", "f.yaml:1:1: the file is empty"),
      ("# only a comment\n", "f.yaml:1:1: the file is empty"),
      ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' is already written at 1:1; keep one of the two"),
      ("a: 1\n\"a\": 3\n", "f.yaml:2:1: the key 'a' is already written at 1:1"),
      ("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3:3: merge keys ('<<') are not supported"),
      ("a: !ruby/object 1\n", "f.yaml:1:4: the tag '!ruby/object' is not supported"),
      ("a: !!python/name:os.system x\n", "f.yaml:1:4: the tag 'tag:yaml.org,2002:python/name:os.system'"),
      ("a: *y\n", "f.yaml:1:4: the alias '*y' names no anchor"),
      ("a: &x [*x]\n", "f.yaml:1:8: the alias '*x' names no anchor that is complete before it"),
      ("? [a, b]\n: 1\n", "f.yaml:1:3: a key is text, not a list"),
      ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document starts here"),
      ("a:\n\tb: 1\n", "f.yaml:2:1: not YAML: a tab where indentation is expected"),
      // Without its bracket the second item is the text "2 b", so the colon is what does not fit.
      ("a: [1, 2\nb: 3\n", "f.yaml:2:2: not YAML: did not find expected ',' or ']'"),
      ("a: \"x\n", "f.yaml:2:1: not YAML: found unexpected end of stream"),
      ("a: b: c\n", "f.yaml:1:5: not YAML: mapping values are not allowed in this context"),
      ("a: \"\\0\"\n", "f.yaml:1:4: the text holds a NUL character"),
      ("a: \u{7}\n", "f.yaml:1:4: not YAML: control characters are not allowed"),
    ])
  func faults(text: String, expected: String) {
    let found = issues(text)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix(expected) == true, "got \(found)")
  }

  @Test("bytes that are not UTF-8 are named at their place")
  func encoding() {
    let bytes = Array("a: 1\nbé: ".utf8) + [0xFF, 0x0A]
    #expect(throws: ConfigurationErrors.self) { try YAMLNode.parse(bytes, file: "f.yaml") }
    do {
      _ = try YAMLNode.parse(bytes, file: "f.yaml")
    } catch {
      #expect(error.description.hasPrefix("f.yaml:2:5: not UTF-8"), "got \(error)")
    }
  }

  @Test("several faults come out together, in order")
  func together() {
    let found = issues("a: 1\na: 2\nb: !x 1\n<<: 3\n")
    #expect(found.map { String($0.prefix(10)) } == ["f.yaml:2:1", "f.yaml:3:4", "f.yaml:4:1"])
  }

  @Test("aliases that expand without end are refused, and the same text without them is not")
  func billionLaughs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      text +=
        "a\(level): &a\(level) [" + [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
    }
    let found = issues(text)
    #expect(found.count == 1)
    #expect(found.first?.contains("more than 200000 values once aliases are expanded") == true)
    #expect(issues(text.split(separator: "\n").prefix(4).joined(separator: "\n")).isEmpty)
  }

  @Test("depth is bounded, through aliases too")
  func depth() {
    func nested(_ levels: Int) -> String {
      "a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels) + "\n"
    }
    #expect(issues(nested(63)).isEmpty)
    #expect(issues(nested(64)).first?.contains("nested more than 64 levels") == true)
    #expect(issues(nested(100_000)).first?.contains("nested more than 64 levels") == true)
    let half = String(repeating: "[", count: 40) + "*x" + String(repeating: "]", count: 40)
    let text = "a: &x " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "\nb: " + half + "\n"
    #expect(issues(text).first?.hasPrefix("f.yaml:2:44: nested more than 64 levels") == true, "got \(issues(text))")
  }

  @Test(
    "plain scalars mean what the core schema says",
    arguments: [
      ("5", YAMLScalar.Meaning.number("5")), ("+5", .number("5")), ("-0.50", .number("-0.50")), (".5", .number("0.5")),
      ("5.", .number("5")), ("1e+3", .number("1e3")), ("1.5E-3", .number("1.5e-3")), ("0x1F", .number("31")),
      ("0o17", .number("15")), ("true", .bool(true)), ("yes", .text("yes")), ("on", .text("on")), ("~", .null),
      ("", .null), ("1_000", .text("1_000")), ("12:30", .text("12:30")), ("^GSPC", .text("^GSPC")),
      ("1.2.3", .text("1.2.3")), ("-", .text("-")), (".", .text(".")), ("e5", .text("e5")),
    ])
  func meaning(text: String, expected: YAMLScalar.Meaning) {
    #expect(YAMLScalar(text: text, isText: false).meaning == expected)
    #expect(YAMLScalar(text: text, isText: true).meaning == .text(text))
  }

  @Test(
    "numbers with two readings, and no numbers at all, are refused",
    arguments: ["010", ".inf", "-.nan", "0xFFFFFFFFFFFFFFFFF"])
  func refused(text: String) {
    guard case .refused = YAMLScalar(text: text, isText: false).meaning else {
      Issue.record("\(text) was accepted")
      return
    }
  }
}
