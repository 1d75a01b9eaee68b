import Foundation
import Testing

@testable import AlphaLoopLoader

@Suite("Reading a plugin file without running it")
struct ELFFileTests {
  @Test("a plugin's one export, its libraries, its flags and its note are read")
  func plugin() throws {
    let path = try ELFFixtures.object(
      ELFFixtures.plugin,
      [
        "-lm", "-Wl,--no-as-needed", "-Wl,--version-script=one.map", "-Wl,-soname,libfixture.so.1",
        "-Wl,-rpath,$ORIGIN/../lib:/opt/lib", "-Wl,--enable-new-dtags", "-Wl,-z,now",
      ])
    let file = try ELFFile(path: path)

    #expect(file.header.machine == .host)
    #expect(file.exportedSymbols.map(\.name) == ["entry_v1"])
    #expect(file.exportedSymbols.first?.type == 2)
    #expect(file.dynamic.needed.contains("libm.so.6"))
    #expect(file.dynamic.needed.contains("libc.so.6"))
    #expect(file.dynamic.soname == "libfixture.so.1")
    #expect(file.dynamic.runpath == ["$ORIGIN/../lib", "/opt/lib"])
    #expect(file.dynamic.rpath == [])
    #expect(file.dynamic.bindsNow)
    #expect(!file.dynamic.hasTextRelocations)
    #expect(!file.requestsExecutableStack)
    #expect(
      try file.pluginNote()
        == ELFPluginNote(abiMajor: 1, abiMinor: 2, sdkVersion: 10203, toolchain: "clang 17 test"))
    let reference = try ELFFixtures.run("sha256sum", [path], in: "/tmp").prefix(64)
    #expect(file.sha256 == reference)
  }

  @Test("without a version script every public function is an export")
  func manyExports() throws {
    let file = try ELFFile(path: ELFFixtures.object(ELFFixtures.plugin, ["-lm"]))
    #expect(Set(file.exportedSymbols.map(\.name)).isSuperset(of: ["entry_v1", "helper"]))
    #expect(!file.dynamic.bindsNow)
    #expect(file.dynamic.soname == nil)
  }

  @Test("only symbols others can bind to are exports")
  func visibility() throws {
    let file = try ELFFile(
      path: ELFFixtures.object(
        """
        #define V(x) __attribute__((visibility(#x)))
        V(default) int normal(void) { return 1; }
        V(protected) int protected_one(void) { return 2; }
        V(hidden) int hidden_one(void) { return 3; }
        __attribute__((weak)) int weak_one(void) { return 4; }
        static int private_one(void) { return 5; }
        int global_data = 6;
        int (*keep)(void) = private_one;
        """))
    let names = Set(file.exportedSymbols.map(\.name)).subtracting(["_edata", "_end", "__bss_start", "_init", "_fini"])
    #expect(names == ["normal", "protected_one", "weak_one", "global_data", "keep"])
    #expect(file.exportedSymbols.first { $0.name == "weak_one" }?.binding == .weak)
    #expect(file.exportedSymbols.first { $0.name == "protected_one" }?.visibility == .protected)
    #expect(file.exportedSymbols.first { $0.name == "global_data" }?.byteCount == 4)
  }

  @Test("a forbidden clock is seen among the undefined symbols, with its version")
  func undefinedSymbols() throws {
    let file = try ELFFile(path: ELFFixtures.object(ELFFixtures.plugin, ["-lm"]))
    let clock = try #require(file.undefinedSymbols.first { $0.name == "clock_gettime" })
    #expect(clock.version == "GLIBC_2.17")
    #expect(!file.undefinedSymbols.contains { $0.name == "entry_v1" })
    let quiet = try ELFFile(path: ELFFixtures.object("int f(void) { return 1; }"))
    #expect(!quiet.undefinedSymbols.contains { $0.name == "clock_gettime" })
  }

  @Test("code that must be written to and a stack that can be executed are reported")
  func unsafeFlags() throws {
    let file = try ELFFile(
      path: ELFFixtures.object(
        "__asm__(\".text\\n.quad puts\\n\"); int f(void) { return 1; }", ["-Wl,-z,notext", "-Wl,-z,execstack"]))
    #expect(file.dynamic.hasTextRelocations)
    #expect(file.requestsExecutableStack)
  }

  @Test(
    "exported symbols and their versions agree with nm",
    arguments: ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libswiftCore.so"])
  func agreesWithNM(library: String) throws {
    let path = try #require(Self.find(library), "no \(library) on this system")
    let lines = try ELFFixtures.run("nm", ["-D", "--defined-only", path], in: "/tmp").split(separator: "\n")
    // nm marks the names of versions with the letter A; they are entries of the table that nothing binds to.
    let columns = lines.map { $0.split(separator: " ") }.filter { $0.count >= 2 && $0[$0.count - 2] != "A" }
    let expected = columns.compactMap(\.last).map { $0.replacingOccurrences(of: "@@", with: "@") }
    let found = try ELFFile(path: path).exportedSymbols.map { symbol in
      symbol.name + (symbol.version.map { "@" + $0 } ?? "")
    }
    #expect(found.count > 100)
    #expect(Set(found).symmetricDifference(expected).sorted().prefix(10) == [])
    #expect(found.count == expected.count)
  }

  private static func find(_ library: String) -> String? {
    let file = FileHandle(forReadingAtPath: "/proc/self/maps")
    let maps = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
    return maps.split(separator: "\n").lazy.compactMap { $0.split(separator: " ").last.map(String.init) }
      .first { $0.split(separator: "/").last?.hasPrefix(library) == true }
  }
}

@Suite("The ABI note of a plugin")
struct ELFPluginNoteTests {
  private func source(_ name: String, _ magic: String) -> String {
    ELFFixtures.note.replacingOccurrences(of: "NAME", with: name).replacingOccurrences(of: "MAGIC", with: magic)
  }

  @Test("a library without one has none")
  func absent() throws {
    let file = try ELFFile(path: ELFFixtures.object("int f(void) { return 1; }"))
    #expect(try file.pluginNote() == nil)
  }

  @Test("two notes and a foreign magic are errors that name the file")
  func damaged() throws {
    let twice = source("a", "0x31414c41u") + source("b", "0x31414c41u").replacingOccurrences(of: "note_t", with: "n2")
    let two = try ELFFile(path: ELFFixtures.object(twice))
    let error = #expect(throws: ELFError.self) { try two.pluginNote() }
    #expect(error?.description.contains("128 bytes, not the 64 of one note") == true)
    #expect(error?.description.hasPrefix(two.file) == true)

    let foreign = try ELFFile(path: ELFFixtures.object(source("a", "0x12345678u")))
    #expect(throws: ELFError.self) { try foreign.pluginNote() }
  }
}

@Suite("Files that are not plugins")
struct ELFErrorTests {
  private func reason(_ bytes: [UInt8]) -> ELFError.Reason? {
    do {
      _ = try ELFFile(bytes: bytes, file: "x.so")
      return nil
    } catch {
      return error.reason
    }
  }

  @Test("each kind of wrong file has its own reason")
  func reasons() throws {
    let good = try ELFFixtures.bytes(ELFFixtures.object("int f(void) { return 1; }"))
    #expect(reason(good) == nil)
    #expect(reason([]) == .notELF)
    #expect(reason(Array("#!/bin/sh\n".utf8)) == .notELF)
    #expect(reason(Array("!<arch>\nsomething".utf8)) == .staticArchive)

    func patched(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = good
      copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return copy
    }
    #expect(reason(patched(4, [1])) == .class32Bit)
    #expect(reason(patched(5, [2])) == .bigEndian)
    #expect(reason(patched(18, [243, 0])) == .foreignMachine(found: 243, expected: ELFMachine.host.rawValue))
    #expect(reason(patched(16, [2, 0])) == .notSharedObject(type: 2))
    #expect(reason(Array(good.prefix(40))) == .truncated(what: "the ELF header", needs: 64, has: 40))
    guard case .truncated = reason(Array(good.prefix(good.count - 100))) else {
      Issue.record("a file without its end must be cut short")
      return
    }
  }

  @Test("an object file that was not linked is refused by its type")
  func relocatable() throws {
    let path = try ELFFixtures.object("int f(void) { return 1; }", ["-c"], shared: false)
    #expect(throws: ELFError(file: path, reason: .notSharedObject(type: 1))) { try ELFFile(path: path) }
  }

  @Test("a missing file and a folder say so")
  func unreadable() {
    #expect(throws: ELFError(file: "/no/such.so", reason: .unreadable(2))) { try ELFFile(path: "/no/such.so") }
    #expect(throws: ELFError(file: "/usr", reason: .unreadable(21))) { try ELFFile(path: "/usr") }
    #expect(
      ELFError(file: "/no/such.so", reason: .unreadable(2)).description
        == "/no/such.so: cannot be read: No such file or directory (errno 2)")
  }
}
