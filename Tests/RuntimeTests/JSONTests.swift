import AlphaLoopRuntime
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "accepts the grammar of RFC 8259",
    arguments: [
      ("null", "null"), (" \t\r\n true ", "true"), ("[]", "[]"), ("[ ]", "[]"), ("{}", "{}"), ("\"\"", "\"\""),
      ("-0", "-0"), ("0", "0"), ("1.50", "1.50"), ("1E+2", "1E+2"), ("-1e-2", "-1e-2"),
      ("[1,[2,{\"a\":[]}]]", "[1,[2,{\"a\":[]}]]"),
      ("\"\\u00e9\"", "\"é\""), ("\"\\uD83D\\uDE00\"", "\"😀\""),
      ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""),
      ("\"\\u0000\"", "\"\\u0000\""), ("\"\u{7F}\"", "\"\u{7F}\""), ("{\"\":0}", "{\"\":0}"),
      ("{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}"),
      ("\"\u{2028}\"", "\"\u{2028}\""), ("123456789012345678901234567890", "123456789012345678901234567890"),
    ])
  func accepts(text: String, written: String) throws {
    #expect(try JSONValue.parse(text).text == written)
  }

  @Test(
    "refuses everything else, at its place",
    arguments: [
      ("", "1:1"), (" ", "1:2"), ("[1,]", "1:4"), ("[,1]", "1:2"), ("[1 2]", "1:4"), ("[1", "1:3"), ("]", "1:1"),
      ("{\"a\"}", "1:5"),
      ("{\"a\":}", "1:6"), ("{\"a\":1,}", "1:8"), ("{a:1}", "1:2"), ("{'a':1}", "1:2"), ("{\"a\":1 \"b\":2}", "1:8"),
      ("01", "1:1"),
      ("-01", "1:1"), ("+1", "1:1"), ("1.", "1:1"), (".5", "1:1"), ("1e", "1:1"), ("1e+", "1:1"), ("-", "1:1"),
      ("0x1", "1:2"),
      ("NaN", "1:1"), ("Infinity", "1:1"), ("-Infinity", "1:1"), ("True", "1:1"), ("nul", "1:1"), ("tru", "1:1"),
      ("nulll", "1:5"), ("1 2", "1:3"),
      ("\"a", "1:3"), ("\"a\nb\"", "1:3"), ("\"\t\"", "1:2"), ("\"\\x\"", "1:2"), ("\"\\u12\"", "1:2"),
      ("\"\\u12G4\"", "1:2"),
      ("\"\\uD800\"", "1:2"), ("\"\\uDC00\"", "1:2"), ("\"\\uD800\\u0041\"", "1:2"), ("\"\\", "1:3"),
      ("// c\n1", "1:1"), ("[1]/**/", "1:4"),
      ("\u{FEFF}1", "1:1"), ("{\"a\":1,\"a\":2}", "1:8"), ("[\n 1,\n é\n]", "3:2"), ("1e10000", "1:1"),
      ("\u{A0}1", "1:1"), ("[\"é\", x]", "1:7"),
    ])
  func refuses(text: String, place: String) {
    do {
      let value = try JSONValue.parse(text)
      Issue.record("\(text) was accepted as \(value.text)")
    } catch {
      #expect("\(error.line):\(error.column)" == place, "\(text): \(error)")
    }
  }

  @Test(
    "refuses bytes that are not UTF-8",
    arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0xE9]] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(bytes) }
  }

  @Test("depth is bounded")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    _ = try JSONValue.parse(nested(128))
    #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(nested(129)) }
    #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(String(repeating: "{\"a\":", count: 100_000)) }
  }

  // RFC 8785, appendix B, gives these pairs of double and text.
  @Test(
    "doubles are written as RFC 8785 says",
    arguments: [
      (0x0000_0000_0000_0001, "5e-324"), (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"),
      (0x4340_0000_0000_0000, "9007199254740992"),
      (0x4340_0000_0000_0001, "9007199254740994"), (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
      (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
      (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"),
      (0x444B_1AE4_D6E2_EF50, "1e+21"), (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"),
      (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
      (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x8000_0000_0000_0000, "0"),
      (0xBFD5_5555_5555_5555, "-0.3333333333333333"),
    ] as [(UInt64, String)])
  func doubles(bits: UInt64, text: String) throws {
    let number = try #require(JSONNumber(Double(bitPattern: bits)))
    #expect(number.canonicalText == text)
    #expect(number.double == Double(bitPattern: bits))
  }

  @Test("infinities and not-a-number have no number")
  func notFinite() {
    #expect(JSONNumber(Double.infinity) == nil)
    #expect(JSONNumber(Double.nan) == nil)
  }

  @Test("canonical text does not depend on order or spelling, and does on value")
  func canonical() throws {
    let one = try JSONValue.parse("{ \"b\" : [1.0, 1e2], \"a\" : {\"y\":\"\\u00e9\",\"x\":null} }")
    let other = try JSONValue.parse("{\"a\":{\"x\":null,\"y\":\"é\"},\"b\":[1,100]}")
    #expect(one == other)
    #expect(one.canonicalText == "{\"a\":{\"x\":null,\"y\":\"é\"},\"b\":[1,100]}")
    #expect(other.canonicalText == one.canonicalText)
    #expect(try JSONValue.parse("{\"a\":1.0000000000000000001}").canonicalText == "{\"a\":1.0000000000000000001}")
    #expect(try JSONValue.parse("[1,2]") != JSONValue.parse("[2,1]"))
  }

  // RFC 8785, section 3.2.3: keys sort by UTF-16 code units, so the emoji (surrogates) comes before U+FB33.
  @Test("keys sort by UTF-16 code units")
  func keyOrder() throws {
    let value = try JSONValue.parse("{\"\u{20AC}\":1,\"\\r\":2,\"\u{FB33}\":3,\"1\":4,\"😀\":5,\"\u{80}\":6,\"ö\":7}")
    #expect(value.canonicalText == "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"\u{20AC}\":1,\"😀\":5,\"\u{FB33}\":3}")
  }

  @Test(
    "numbers compare by value, exactly",
    arguments: [
      ("1", "1.0", 0), ("0.1", "0.10000000000000000001", -1), ("-2", "1", -1), ("-2", "-1", -1), ("1e3", "999.9", 1),
      ("-0", "0", 0),
      ("9007199254740993", "9007199254740992", 1), ("1e-9999", "0", 1), ("12e-1", "1.2", 0),
    ])
  func comparison(left: String, right: String, expected: Int) throws {
    let (a, b) = (try #require(JSONNumber(left)), try #require(JSONNumber(right)))
    #expect((a < b ? -1 : a == b ? 0 : 1) == expected)
    #expect((b < a ? -1 : a == b ? 0 : 1) == -expected)
  }

  @Test("integers are recognised in every spelling and refused out of range")
  func integers() {
    #expect(JSONNumber("1e2")?.int64 == 100)
    #expect(JSONNumber("-5.0")?.int64 == -5)
    #expect(JSONNumber("-9223372036854775808")?.int64 == .min)
    #expect(JSONNumber("9223372036854775808")?.int64 == nil)
    #expect(JSONNumber("1.5")?.int64 == nil)
    #expect(JSONNumber("0e500")?.int64 == 0)
  }
}
