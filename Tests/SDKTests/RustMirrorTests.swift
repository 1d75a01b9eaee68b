import Foundation
import Testing

/// The Rust template carries the headers by hand; this holds the two together, field by field.
@Suite("The Rust mirror of the headers", .enabled(if: Repository.has("/usr/bin/rustc"), "apt-get install rustc"))
struct RustMirrorTests {
  static let mirrorFile = Repository.root.appendingPathComponent("PluginSDK/Templates/rust/src/alphaloop.rs")

  struct Mirror {
    var structs: [(tag: String, fields: [String])] = []
    var constants: [String] = []

    init(_ source: String) {
      for line in source.split(separator: "\n").map(String.init) {
        if let tag = line.wholeMatch(of: /pub struct (al_\w+) \{/)?.1 {
          structs.append((String(tag), []))
        } else if let name = line.firstMatch(of: /^ {4}pub (?:r#)?(\w+):/)?.1, !structs.isEmpty {
          structs[structs.count - 1].fields.append(String(name))
        } else if let name = line.firstMatch(of: /^pub const (AL_\w+):/)?.1 {
          constants.append(String(name))
        }
      }
    }

    var c: String {
      var body = ""
      for (tag, fields) in structs {
        body += "  printf(\"\(tag) %zu\\n\", sizeof(\(tag)));\n"
        for field in fields {
          body +=
            "  printf(\"\(tag).\(field) %zu %zu\\n\", offsetof(\(tag), \(field)), sizeof(((\(tag) *)0)->\(field)));\n"
        }
      }
      for name in constants { body += "  printf(\"\(name) %lld %zu\\n\", (long long)\(name), sizeof(\(name)));\n" }
      return "#include <alphaloop.h>\n#include <stdio.h>\nint main(void) {\n\(body)  return 0;\n}\n"
    }

    func rust(_ source: String) -> String {
      let reserved: Set<String> = ["type", "macro"]
      var body = ""
      for (tag, fields) in structs {
        body += "  println!(\"\(tag) {}\", std::mem::size_of::<\(tag)>());\n"
        body += "  let m = std::mem::MaybeUninit::<\(tag)>::uninit();\n  let p = m.as_ptr();\n"
        for field in fields {
          let name = reserved.contains(field) ? "r#\(field)" : field
          body += "  println!(\"\(tag).\(field) {} {}\", offset(p, unsafe { std::ptr::addr_of!((*p).\(name)) }),"
          body += " width(unsafe { std::ptr::addr_of!((*p).\(name)) }));\n"
        }
      }
      for name in constants {
        body += "  println!(\"\(name) {} {}\", \(name) as i64, std::mem::size_of_val(&\(name)));\n"
      }
      return source + """

        fn offset<A, B>(a: *const A, b: *const B) -> usize { b as usize - a as usize }
        fn width<T>(_: *const T) -> usize { std::mem::size_of::<T>() }
        fn main() {
        \(body)}
        """
    }
  }

  /// Lines of both programs that differ.
  func compare(_ source: String) throws -> [String] {
    let mirror = Mirror(source)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("alphaloop-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try mirror.c.write(to: folder.appendingPathComponent("c.c"), atomically: true, encoding: .utf8)
    try mirror.rust(source).write(to: folder.appendingPathComponent("r.rs"), atomically: true, encoding: .utf8)
    let c = try Repository.run("gcc", ["-std=c11", "-I", HeaderTests.include.path, "c.c", "-o", "c"], in: folder)
    guard c.status == 0 else { return [c.output] }
    let rust = try Repository.run("/usr/bin/rustc", ["--edition", "2021", "r.rs", "-o", "r"], in: folder)
    guard rust.status == 0 else { return [rust.output] }
    let lines = try ["./c", "./r"].map { try Repository.run($0, [], in: folder).output.split(separator: "\n") }
    #expect(lines[0].count > 400)
    return zip(lines[0], lines[1]).filter { $0 != $1 }.map { "C: \($0), Rust: \($1)" }
  }

  @Test("sizes, offsets, widths and constants are those of C")
  func layout() throws {
    let found = try compare(try String(contentsOf: Self.mirrorFile, encoding: .utf8))
    #expect(found.isEmpty, "\(found.prefix(10))")
  }

  @Test(
    "a wrong field, an order, a type and a constant would be found",
    arguments: [
      ("pub lookback: u32,", "pub lookback: u64,"),
      ("    pub bid: f64,\n    pub ask: f64,", "    pub ask: f64,\n    pub bid: f64,"),
      ("pub const AL_ROW_VETO: u16 = 5;", "pub const AL_ROW_VETO: u16 = 6;"),
      ("pub const AL_NONE: u32", "pub const AL_NONE: u64"),
    ])
  func control(from: String, to: String) throws {
    let source = try String(contentsOf: Self.mirrorFile, encoding: .utf8)
    let edited = source.replacingOccurrences(of: from, with: to)
    try #require(edited != source)
    #expect(try !compare(edited).isEmpty)
  }

  @Test("every struct and constant of the headers that agents see is in the mirror")
  func complete() throws {
    let mirror = Mirror(try String(contentsOf: Self.mirrorFile, encoding: .utf8))
    var tags: [String] = []
    var constants: [String] = []
    for header in ["abi", "host", "plugin", "market", "agent"] {
      let file = HeaderTests.include.appendingPathComponent("alphaloop/\(header).h")
      let text = try String(contentsOf: file, encoding: .utf8)
      tags += text.matches(of: /typedef struct (al_\w+) \{/).map { String($0.1) }
      constants += text.matches(of: /#define (AL_\w+) \(/).map { String($0.1) }
    }
    tags += ["al_position_v1", "al_portfolio_v1", "al_order_update_v1", "al_work_v1"]
    let (has, hasConstants) = (Set(mirror.structs.map(\.tag)), Set(mirror.constants))
    #expect(tags.count > 30 && constants.count > 120)
    #expect(tags.filter { !has.contains($0) }.isEmpty)
    #expect(constants.filter { !hasConstants.contains($0) }.isEmpty)
  }
}
