import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// What can be read from the file before any of its code runs.
enum FileChecks {
  /// Without it no other check can be made.
  static let elf = Check(
    "file.elf", .file, "a shared object for this machine",
    advice: "build it with -shared (or as a .dynamic product) on this kind of machine"
  ) { context throws(Finding) in
    let file = try context.elf()
    return "\(file.header.machine), sha256 \(file.sha256)"
  }

  static let all: [Check] = [
    elf,
    Check(
      "file.note", .file, "one ABI note of this major version",
      advice: "use the SDK's note (section .alphaloop.abi), once, and keep it through strip and --gc-sections", note),
    Check(
      "file.exports", .file, "exactly one exported symbol, alphaloop_plugin_v1",
      advice: "link with the version script plugin.map, or -fvisibility=hidden", exports),
    Check(
      "file.needed", .file, "every library it needs is found",
      advice: "install the library, or put it beside the plugin with a RUNPATH of $ORIGIN", needed),
    Check(
      "file.segments", .file, "no text relocations, no executable stack",
      advice: "compile with -fPIC and link with -z noexecstack", segments),
    Check(
      "file.types", .file, "its C types have the sizes of this host's header",
      advice:
        "rebuild against this host's SDK, or rename your own C types: Swift keeps one layout per name and process",
      types),
    Check(
      "file.imports", .file, "no clock, randomness, environment, exit or dlopen where determinism is claimed",
      advice: "take time and randomness from the host; drop the deterministic flag if it cannot be", imports),
  ]

  private static func note(_ context: CheckContext) throws(Finding) -> String {
    let file = try context.elf()
    let found: ELFPluginNote?
    do { found = try file.pluginNote() } catch { throw .fail("\(error.reason)") }
    guard let found else { throw .fail("no section .alphaloop.abi: it is no plugin, or its link step drops the note") }
    guard found.abiMajor == AL_ABI_MAJOR else {
      throw .fail(
        "is built for ABI \(found.abiMajor).\(found.abiMinor), this host speaks \(AL_ABI_MAJOR).\(AL_ABI_MINOR)")
    }
    if found.toolchain.isEmpty { throw .warn("the note names no toolchain") }
    return "ABI \(found.abiMajor).\(found.abiMinor), \(found.toolchain)"
  }

  private static func exports(_ context: CheckContext) throws(Finding) -> String {
    let names = try context.elf().exportedSymbols.map(\.name)
    let others = names.filter { $0 != "alphaloop_plugin_v1" }
    guard names.count > others.count else { throw .fail("does not export alphaloop_plugin_v1") }
    guard others.isEmpty else {
      throw .fail("exports \(others.count) symbols beside the entry: \(others.prefix(5).joined(separator: ", "))")
    }
    return ""
  }

  private static func needed(_ context: CheckContext) throws(Finding) -> String {
    let missing = ELFLibrarySearch().missing(from: try context.elf())
    // Runtime libraries that the host brings along are found by name once the host has loaded them.
    let absent = missing.filter { !isLoaded($0) }
    guard absent.isEmpty else { throw .fail("not found: \(absent.joined(separator: ", "))") }
    return ""
  }

  private static func isLoaded(_ name: String) -> Bool {
    guard let handle = dlopen(name, RTLD_NOW | RTLD_NOLOAD) else { return false }
    dlclose(handle)
    return true
  }

  private static func segments(_ context: CheckContext) throws(Finding) -> String {
    let file = try context.elf()
    if file.dynamic.hasTextRelocations { throw .fail("has text relocations") }
    if file.requestsExecutableStack { throw .fail("asks for an executable stack") }
    return ""
  }

  private static func types(_ context: CheckContext) throws(Finding) -> String {
    let file = try context.elf()
    let own: [ELFImportedType]
    let host: [ELFImportedType]
    do {
      own = try file.importedTypes()
      host = try ELFFile(path: "/proc/self/exe").importedTypes()
    } catch {
      throw .fail("\(error)")
    }
    guard let first = ELFImportedType.conflicts(of: own, with: host).first else { return "\(own.count) types" }
    throw .fail(
      "its C type \(first.candidate.name) has \(first.candidate.size) bytes, this host's \(first.loaded.size)")
  }

  private static func imports(_ context: CheckContext) throws(Finding) -> String {
    let found = try context.elf().nondeterministicImports
    if found.isEmpty { return "" }
    let library = try context.library()
    let claiming = try library.descriptors().filter { $0.flags & AL_FLAG_DETERMINISTIC != 0 }
    guard let first = claiming.first else { return "imports \(found.joined(separator: ", ")), and claims nothing" }
    let reason = "imports \(found.joined(separator: ", ")) although '\(cText(first.id))' claims to be deterministic"
    // Sources, stores, jobs and services reach such functions through the files they work on; decisions do not.
    throw claiming.contains { $0.kinds & decides != 0 } ? .fail(reason) : .warn(reason)
  }

  private static let decides = AL_KIND_AGENT | AL_KIND_POLICY | AL_KIND_LEARNER | AL_KIND_BROKER
}
