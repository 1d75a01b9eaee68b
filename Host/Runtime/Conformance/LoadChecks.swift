import CAlphaLoop
import CSystem
import Glibc

/// Loading and negotiating.
enum LoadChecks {
  static let all: [Check] = [
    Check(
      "load.open", .file, "loads with every symbol bound, in under 100 ms",
      advice: "link what it needs; leave heavy work to start"
    ) { context throws(Finding) in
      let library = try context.library()
      let time = "\(Int(library.milliseconds.rounded(.up))) ms"
      if library.milliseconds > 100 { throw .warn("took \(time)") }
      return time
    },
    Check(
      "load.quiet", .file, "no thread and no descriptor after loading",
      advice: "open files and start threads in start, not in constructors or globals", quiet),
    Check(
      "load.entry", .file, "the entry is the same at every call, and NULL for another major version",
      advice: "return one static al_entry_v1, and NULL unless host_major is AL_ABI_MAJOR", entry),
    Check(
      "load.tables", .file, "the entry's table is whole",
      advice: "fill size with sizeof, abi_major with AL_ABI_MAJOR, and set create and descriptors"
    ) { context throws(Finding) in
      "\(try context.library().negotiated().n_descriptors) plugins"
    },
  ]

  private static func quiet(_ context: CheckContext) throws(Finding) -> String {
    // Swift's and the C library's own one-time work is done before the count.
    _ = "\(context.file)".count
    let threads = al_thread_count(0)
    let descriptors = al_open_descriptor_count()
    let library = try context.library()
    _ = library.entryPoint(AL_ABI_MAJOR, AL_ABI_MINOR)
    let newThreads = al_thread_count(0) - threads
    let newDescriptors = al_open_descriptor_count() - descriptors
    if newThreads > 0 { throw .fail("loading started \(newThreads) threads") }
    if newDescriptors > 0 { throw .fail("loading left \(newDescriptors) descriptors open") }
    return ""
  }

  private static func entry(_ context: CheckContext) throws(Finding) -> String {
    let library = try context.library()
    let first = try library.entry()
    guard try library.entry() == first else { throw .fail("two calls give two entries") }
    for major in [AL_ABI_MAJOR + 1, 0, UInt32.max] where library.entryPoint(major, 0) != nil {
      throw .fail("answers a host of ABI major \(major) as if it could work with it")
    }
    guard try library.entry() == first else { throw .fail("the entry changes after a call for another major version") }
    return ""
  }
}
