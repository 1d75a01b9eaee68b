import AlphaLoopKit
import Testing

@Suite("JSON reader")
struct KitJSONTests {
  private func parse(_ text: String) throws(JSONError) -> JSONCursor {
    try JSONReader.parse(Array(text.utf8), file: "t.json")
  }

  @Test("values keep their kind, integers their last digit")
  func values() throws {
    let root = try parse(
      #" {"a":[1, -0.5, 2e3, true, null], "b":{"c":"\u00e9\n\ud83d\ude00"}, "d":9223372036854775807} "#)
    let list = try root.member("a").elements()
    #expect(try list[0].integer() == 1)
    #expect(try list[1].double() == -0.5)
    #expect(try list[2].double() == 2000)
    #expect(try list[3].boolean())
    #expect(try root.member("b").member("c").string() == "é\n😀")
    #expect(try root.member("d").integer() == .max)
    #expect(try root.optional("e")?.string() == nil)
  }

  @Test(
    "broken text is refused with its place",
    arguments: [
      ("", "t.json:1:1"), ("{", "t.json:1:2"), ("[1,]", "t.json:1:4"), ("[1 2]", "t.json:1:4"), ("01", "t.json:1:1"),
      ("1.", "t.json:1:3"), ("{\"a\":1,\n\"a\":2}", "t.json:2:1"), ("\"\u{1}\"", "t.json:1:2"), ("\"a", "t.json:1:1"),
      (#""\ud800""#, "t.json:1:2"), (#""\x""#, "t.json:1:2"), ("nul", "t.json:1:1"), ("[1] x", "t.json:1:5"),
      ("1e999", "t.json:1:1"), ("{1:2}", "t.json:1:2"), ("-", "t.json:1:2"),
    ])
  func broken(text: String, place: String) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.description.hasPrefix(place + ": ") == true, "\(error?.description ?? "no error")")
  }

  @Test("nesting has a limit instead of a crash")
  func nesting() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try parse(deep) }
    let allowed = JSONReader.maximumDepth
    _ = try parse(String(repeating: "[", count: allowed) + String(repeating: "]", count: allowed))
  }

  @Test("invalid UTF-8 is refused")
  func encoding() {
    #expect(throws: JSONError.self) { try JSONReader.parse([0x22, 0xFF, 0x22], file: "t.json") }
  }

  @Test("a wrong field is named by path, line and what was expected")
  func fields() throws {
    let root = try parse("{\"rows\":[1,\n \"x\"],\"extra\":1}")
    let wrong = try root.member("rows").elements()[1]
    let error = #expect(throws: JSONError.self) { try wrong.integer() }
    #expect(error?.description == "t.json:2:2: rows[1]: expected an integer, found a string")
    #expect(throws: JSONError.self) { try root.allow(["rows"]) }
    #expect(throws: JSONError.self) { try root.member("missing") }
    try root.allow(["rows", "extra"])
  }
}
