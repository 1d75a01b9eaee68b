import Foundation
import Testing

@testable import AlphaLoopLoader

@Suite("What a plugin needs from outside")
struct ELFLibrariesTests {
  /// A library in a folder of its own, and a plugin that needs it.
  private func plugin(_ arguments: [String]) throws -> (file: ELFFile, library: String) {
    let library = try ELFFixtures.object("int helper_value(void) { return 1; }", ["-Wl,-soname,libfixturehelper.so"])
    let folder = URL(fileURLWithPath: library).deletingLastPathComponent().path
    try FileManager.default.moveItem(atPath: library, toPath: folder + "/libfixturehelper.so")
    let path = try ELFFixtures.object(
      "int helper_value(void); int entry_v1(void) { return helper_value(); }",
      ["-L" + folder, "-lfixturehelper"] + arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder) })
    return (try ELFFile(path: path), folder + "/libfixturehelper.so")
  }

  @Test("a library nobody would find is named; libc is found")
  func missing() throws {
    let (file, _) = try plugin([])
    #expect(file.dynamic.needed.contains("libc.so.6"))
    #expect(ELFLibrarySearch().missing(from: file) == ["libfixturehelper.so"])
    #expect(ELFLibrarySearch(cachePath: "/no/such/cache").location(of: "libfixturehelper.so", for: file) == nil)
  }

  @Test(
    "the run path leads to it, also from the plugin's own folder",
    arguments: ["FOLDER", "$ORIGIN/../", "${ORIGIN}/../"])
  func runPath(path: String) throws {
    let isRelative = path != "FOLDER"
    let sibling = UUID().uuidString
    let (file, library) = try plugin(["-Wl,--enable-new-dtags", "-Wl,-rpath," + (isRelative ? path + sibling : path)])
    guard isRelative else {
      #expect(ELFLibrarySearch().location(of: "libfixturehelper.so", for: file) == library)
      return
    }
    #expect(ELFLibrarySearch().missing(from: file) == ["libfixturehelper.so"])
    let folder =
      URL(fileURLWithPath: file.file).deletingLastPathComponent().deletingLastPathComponent().path + "/" + sibling
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: library, toPath: folder + "/libfixturehelper.so")
    #expect(ELFLibrarySearch().missing(from: file) == [])
  }

  @Test("what the host has loaded is not searched for")
  func loaded() throws {
    let (file, _) = try plugin([])
    #expect(ELFLibrarySearch(loaded: ["libfixturehelper.so"]).missing(from: file) == [])
  }

  @Test("a library of another machine on the way does not count")
  func foreignLibrary() throws {
    let (file, library) = try plugin(["-Wl,-rpath,FOLDER"])
    #expect(ELFLibrarySearch().missing(from: file) == [])
    var bytes = try ELFFixtures.bytes(library)
    bytes[18] = 243
    try Data(bytes).write(to: URL(fileURLWithPath: library))
    #expect(ELFLibrarySearch().missing(from: file) == ["libfixturehelper.so"])
  }

  @Test("the cache of the system agrees with ldconfig")
  func cache() throws {
    let lines = try ELFFixtures.run("sh", ["-c", "PATH=$PATH:/sbin:/usr/sbin ldconfig -p"], in: "/tmp")
    let file = try ELFFile(path: ELFFixtures.object("int f(void) { return 1; }"))
    let search = ELFLibrarySearch()
    var compared = 0
    for line in lines.split(separator: "\n").dropFirst() where line.contains("(libc6,x86-64)") {
      let name = String(line.drop { $0.isWhitespace }.prefix { $0 != " " })
      let path = line.range(of: "=> ").map { String(line[$0.upperBound...]) }
      guard search.location(of: name, for: file) != path else {
        compared += 1
        continue
      }
      // A name may be listed twice; the first is the one that counts.
      #expect(lines.components(separatedBy: "\t\(name) ").count > 2, "\(name)")
    }
    #expect(compared > 20)
  }

  @Test("clocks, randomness and exits are found in C and in Swift")
  func nondeterminism() throws {
    let clock = try ELFFile(path: ELFFixtures.object(ELFFixtures.plugin, ["-lm"]))
    #expect(clock.nondeterministicImports == ["clock_gettime"])
    let several = try ELFFile(
      path: ELFFixtures.object(
        "#include <stdlib.h>\n#include <time.h>\nint f(void) { if (rand()) exit(1); return time(0); }"))
    #expect(several.nondeterministicImports == ["exit", "rand", "time"])
    let pure = try ELFFile(
      path: ELFFixtures.object("#include <math.h>\ndouble f(double x) { return pow(x, x); }", ["-lm"]))
    #expect(pure.nondeterministicImports == [])
    let swift = try ELFFile(
      path: ELFFixtures.swiftObject(
        header: "",
        source: """
          import FoundationEssentials
          public func a() -> Int { Int.random(in: 0..<9) }
          public func b() -> ContinuousClock.Instant { .now }
          public func c() -> Date { Date() }
          """))
    #expect(
      swift.nondeterministicImports == [
        "$s20FoundationEssentials4DateVACycfC", "$ss15ContinuousClockV7InstantV3nowADvgZ", "swift_stdlib_random",
      ])
  }
}
