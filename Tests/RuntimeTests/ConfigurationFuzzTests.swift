import AlphaLoopRuntime
import AlphaLoopYAML
import Testing

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the same cases on
/// every machine.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Changes a text in one to four places: bytes flipped, dropped, repeated, or replaced by a fragment with meaning.
private func mutated(_ bytes: [UInt8], fragments: [String], _ random: inout SplitMix) -> [UInt8] {
  var bytes = bytes
  for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &random)))
    case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
    case 3: bytes.insert(contentsOf: Array((fragments.randomElement(using: &random) ?? "").utf8), at: place)
    default: bytes.removeSubrange(place...)
    }
  }
  return bytes
}

private let yamlFragments = [
  "&a ", "*a", "<<: *a", "!!str ", "!x ", "? ", ": ", "- ", "|\n", ">-\n", "\"", "'", "{", "}", "[", "]", "\t", "\n",
  "---\n", "...\n", "%YAML 1.1\n",
  "\u{FEFF}", "\u{85}", "\u{2028}", "é", "😀", "#", "@", "`", "0x", "1e999", "-.inf", "99999999999999999999", "2 %", "~",
  "\\u0000", "\0",
]

private let jsonFragments = [
  "{", "}", "[", "]", "\"", ":", ",", "\\u", "\\uD800", "\\uDC00", "1e9999", "-0", "01", "1.", "null", "true",
  "\u{FEFF}", "😀", "\0", "\\", "{\"a\":", "9",
]

@Suite("Parsers of foreign bytes survive seeded mutations")
struct ConfigurationFuzzTests {
  @Test("YAML is parsed or refused at a place inside the file; never a crash", arguments: 0..<4)
  func yaml(seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    let seeds = ConfigurationFixture.sources.files.sorted { $0.key < $1.key }.map(\.value)
    var accepted = 0
    var refused = 0
    for _ in 0..<1_500 {
      let bytes = mutated(seeds.randomElement(using: &random) ?? [], fragments: yamlFragments, &random)
      do {
        let node = try YAMLNode.parse(bytes, file: "f")
        let issues = IssueCollector()
        _ = LocatedJSON(node, issues: issues).value.canonicalText
        accepted += 1
      } catch {
        refused += 1
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
        // libyaml also ends lines at U+0085, U+2028, U+2029 and a lone carriage return.
        #expect(!error.issues.isEmpty)
        #expect(
          error.issues.allSatisfy { $0.location.line >= 1 && $0.location.line <= lines + 16 && $0.location.column >= 1 }
        )
      }
    }
    // Both outcomes are common, or the mutations would not test anything.
    #expect(accepted > 150 && refused > 150, "\(accepted) accepted, \(refused) refused")
  }

  @Test("a mutated configuration loads or says why; never a crash", arguments: 0..<4)
  func configuration(seed: Int) {
    var random = SplitMix(state: 1_000 + UInt64(seed))
    let names = ConfigurationFixture.sources.files.keys.sorted()
    var refused = 0
    for _ in 0..<500 {
      var sources = ConfigurationFixture.sources
      let name = names.randomElement(using: &random) ?? ""
      sources.files[name] = mutated(sources.files[name] ?? [], fragments: yamlFragments, &random)
      do {
        let configuration = try Configuration.load(from: sources)
        #expect(configuration.hash == FNVReference.hash(configuration.canonicalText))
      } catch {
        refused += 1
        #expect(error.issues == error.issues.sorted())
      }
    }
    #expect(refused > 100 && refused < 500)
  }

  @Test("JSON is refused with a place, or read back the same from its own text", arguments: 0..<4)
  func json(seed: Int) throws {
    var random = SplitMix(state: 2_000 + UInt64(seed))
    let seeds = [
      #"{"a":[1,2.50,-3e-2,"x\n\u00e9\ud83d\ude00",null,true,false],"b":{"c":{},"d":[]},"":"/"}"#,
      #"[[[[1]]],{"k":"v","n":12345678901234567890,"e":1E+2},"\"\\\/\b\f\n\r\t"]"#,
    ].map { Array($0.utf8) }
    var accepted = 0
    for _ in 0..<2_000 {
      let bytes = mutated(seeds.randomElement(using: &random) ?? [], fragments: jsonFragments, &random)
      do {
        let value = try JSONValue.parse(bytes)
        accepted += 1
        #expect(try JSONValue.parse(value.text) == value)
        #expect(try JSONValue.parse(value.canonicalText).canonicalText == value.canonicalText)
      } catch {
        #expect(error.line >= 1 && error.column >= 1)
      }
    }
    #expect(accepted > 20 && accepted < 1_900, "\(accepted) accepted")
  }

  @Test("a mutated schema is refused or used; validation ends", arguments: 0..<2)
  func schema(seed: Int) throws {
    var random = SplitMix(state: 3_000 + UInt64(seed))
    let text = ##"""
      {"type":"object","properties":{"w":{"type":"integer","minimum":1,"default":5},"p":{"pattern":"^[a-z]{1,3}\\d*$"},
       "l":{"items":{"$ref":"#/$defs/n"},"uniqueItems":true}},"required":["w"],"additionalProperties":false,
       "oneOf":[{"required":["p"]},{"not":{"required":["p"]}}],"$defs":{"n":{"multipleOf":0.5,"maximum":9}}}
      """##
    let value = try JSONValue.parse(#"{"p":"ab12","l":[1,2.5,7]}"#)
    #expect(try JSONSchema(JSONValue.parse(text)).resolve(value).violations.isEmpty)
    // Words are exchanged rather than bytes, so that most mutants are still JSON.
    let words = [
      "type", "object", "integer", "minimum", "default", "pattern", "items", "$ref", "#/$defs/n", "#", "uniqueItems",
      "required", "oneOf", "not",
      "multipleOf", "additionalProperties", "enum", "w", "p",
    ]
    var compiled = 0
    for _ in 0..<2_000 {
      var parts = text.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<parts.count / 2, using: &random) * 2 + 1
        parts[place] = words.randomElement(using: &random) ?? ""
      }
      guard let candidate = try? JSONValue.parse(parts.joined(separator: "\"")),
        let schema = try? JSONSchema(candidate)
      else { continue }
      compiled += 1
      _ = schema.resolve(value)
    }
    #expect(compiled > 20 && compiled < 1_900, "\(compiled) compiled")
  }
}

/// FNV-1a written a second time, from the definition.
private enum FNVReference {
  static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in text.utf8 {
      hash ^= UInt64(byte)
      hash = hash.multipliedFullWidth(by: 1_099_511_628_211).low
    }
    return hash
  }
}
