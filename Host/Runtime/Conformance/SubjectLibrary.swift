import CAlphaLoop
import CSystem
import Glibc

/// A library under test, negotiated with as little trust as its tables allow. It is loaded from its own path: the process
/// of a check loads nothing else and ends soon.
final class SubjectLibrary: @unchecked Sendable {
  typealias EntryPoint = @convention(c) (UInt32, UInt32) -> UnsafePointer<al_entry_v1>?

  let entryPoint: EntryPoint
  /// How long loading took.
  let milliseconds: Double

  private init(entryPoint: EntryPoint, milliseconds: Double) {
    self.entryPoint = entryPoint
    self.milliseconds = milliseconds
  }

  static func open(_ file: String) throws(Finding) -> SubjectLibrary {
    let path = file.contains("/") ? file : "./" + file
    let before = al_monotonic_ns()
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE)) else {
      throw .fail("cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "unknown")")
    }
    guard let symbol = dlsym(handle, "alphaloop_plugin_v1") else { throw .fail("does not export alphaloop_plugin_v1") }
    return SubjectLibrary(
      entryPoint: unsafeBitCast(symbol, to: EntryPoint.self), milliseconds: Double(al_monotonic_ns() - before) / 1e6)
  }

  /// The entry for this host's version.
  func entry() throws(Finding) -> UnsafePointer<al_entry_v1> {
    guard let entry = entryPoint(AL_ABI_MAJOR, AL_ABI_MINOR) else {
      throw .fail("alphaloop_plugin_v1(\(AL_ABI_MAJOR), \(AL_ABI_MINOR)) gives NULL")
    }
    return entry
  }

  /// The entry after the checks without which nothing in it may be read.
  func negotiated() throws(Finding) -> al_entry_v1 {
    let entry = try entry().pointee
    let size = UInt32(MemoryLayout<al_entry_v1>.size)
    guard entry.size == size else { throw .fail("the entry says size \(entry.size), al_entry_v1 has \(size) bytes") }
    guard entry.abi_major == AL_ABI_MAJOR else {
      throw .fail("the entry says ABI major \(entry.abi_major), this host speaks \(AL_ABI_MAJOR)")
    }
    guard entry.min_host_minor <= AL_ABI_MINOR else {
      throw .fail("needs host ABI 1.\(entry.min_host_minor), this is 1.\(AL_ABI_MINOR)")
    }
    guard entry.create != nil else { throw .fail("the entry's create is NULL") }
    guard entry.n_descriptors > 0, entry.n_descriptors <= 4096, entry.descriptors != nil else {
      throw .fail(
        "the entry offers \(entry.n_descriptors) descriptors in a \(entry.descriptors == nil ? "NULL list" : "list")")
    }
    return entry
  }

  /// All descriptors, sizes checked.
  func descriptors() throws(Finding) -> [al_descriptor_v1] {
    let entry = try negotiated()
    var all: [al_descriptor_v1] = []
    let size = UInt32(MemoryLayout<al_descriptor_v1>.size)
    for i in 0..<Int(entry.n_descriptors) {
      guard let d = entry.descriptors[i] else { throw .fail("descriptor \(i) is NULL") }
      guard d.pointee.size == size else {
        throw .fail("descriptor \(i) says size \(d.pointee.size), al_descriptor_v1 has \(size) bytes")
      }
      guard d.pointee.id != nil else { throw .fail("descriptor \(i) has no id") }
      all.append(d.pointee)
    }
    return all
  }

  func descriptor(_ id: String) throws(Finding) -> al_descriptor_v1 {
    for d in try descriptors() where cText(d.id) == id { return d }
    throw .fail("the library has no '\(id)'")
  }
}

/// A static C text; "" for NULL.
func cText(_ p: UnsafePointer<CChar>?) -> String { p.map { String(cString: $0) } ?? "" }

/// A NULL-terminated list of texts; stops at 4,096.
func cList(_ p: UnsafePointer<UnsafePointer<CChar>?>?) -> [String] {
  guard let p else { return [] }
  var all: [String] = []
  while all.count < 4096, let text = p[all.count] { all.append(String(cString: text)) }
  return all
}
