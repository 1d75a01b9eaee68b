import CAlphaLoop
import Foundation

/// What went wrong while probing a plugin.
public struct ProbeError: Error, CustomStringConvertible {
  public var status: al_status
  public var description: String
  init(_ description: String, status: al_status = AL_E_INTERNAL) {
    self.status = status
    self.description = description
  }
}

/// A plugin library, loaded as the host loads it: a private copy under a name that was never used, never closed.
public final class ProbeLibrary: @unchecked Sendable {
  public let product: String
  let entry: UnsafePointer<al_entry_v1>

  /// Loads `lib<product>.so` from the folder of the test executable. Every call loads a new image.
  public convenience init(_ product: String) throws {
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let file = URL(fileURLWithPath: executable).deletingLastPathComponent().appendingPathComponent("lib\(product).so")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw ProbeError("\(file.lastPathComponent) is not beside the test executable; build it with 'swift build'")
    }
    try self.init(file: file, product: product)
  }

  /// Loads a library from anywhere. Every call loads a new image.
  public init(file: URL, product: String) throws {
    self.product = product
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(product).so")
    try FileManager.default.copyItem(at: file, to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    guard let handle = dlopen(copy.path, RTLD_NOW | RTLD_LOCAL) else {
      throw ProbeError("\(file.lastPathComponent): \(dlerror().map { String(cString: $0) } ?? "dlopen failed")")
    }
    guard let symbol = dlsym(handle, "alphaloop_plugin_v1") else {
      throw ProbeError("\(file.lastPathComponent) does not export alphaloop_plugin_v1")
    }
    typealias EntryPoint = @convention(c) (UInt32, UInt32) -> UnsafePointer<al_entry_v1>?
    let point = unsafeBitCast(symbol, to: EntryPoint.self)
    guard let entry = point(AL_ABI_MAJOR, AL_ABI_MINOR) else {
      throw ProbeError("\(file.lastPathComponent) refuses ABI \(AL_ABI_MAJOR).\(AL_ABI_MINOR)")
    }
    self.entry = entry
  }

  /// Ids of everything the library offers.
  public var ids: [String] {
    (0..<Int(entry.pointee.n_descriptors)).compactMap {
      entry.pointee.descriptors[$0].map { String(cString: $0.pointee.id) }
    }
  }

  public func descriptor(_ id: String) throws -> al_descriptor_v1 {
    for i in 0..<Int(entry.pointee.n_descriptors) {
      if let d = entry.pointee.descriptors[i], String(cString: d.pointee.id) == id { return d.pointee }
    }
    throw ProbeError("lib\(product).so has no '\(id)'; it has \(ids.joined(separator: ", "))")
  }
}
