import CAlphaLoop

/// Tells the host how far long work has come. Legal from any thread during the call that received it.
public struct WorkProgress: @unchecked Sendable {
  private let c: UnsafePointer<al_progress_v1>?

  init(_ c: UnsafePointer<al_progress_v1>?) { self.c = c }

  /// - Parameters:
  ///   - total: 0 where it is not known.
  public func report(_ done: UInt64, of total: UInt64, _ label: String) {
    guard let c else { return }
    withABIString(label) { c.pointee.report(c.pointee.ctx, done, total, $0) }
  }
}

/// Takes bytes for the host: a file it writes, or a terminal.
public struct Sink {
  private let c: UnsafePointer<al_sink_v1>?
  private let what: String

  init(_ c: UnsafePointer<al_sink_v1>?, _ what: String) {
    self.c = c
    self.what = what
  }

  /// Takes all of it, or throws with the host's status. A sink that the host did not give drops what it gets.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {
    guard let c, bytes.count > 0 else { return }
    let status = c.pointee.write(c.pointee.ctx, bytes.baseAddress, UInt64(bytes.count))
    if status != AL_OK { throw PluginError(status, "the host did not take \(bytes.count) bytes of \(what)") }
  }

  public func write(_ bytes: [UInt8]) throws(PluginError) {
    let result = bytes.withUnsafeBytes { raw -> PluginError? in
      do throws(PluginError) { try write(raw) } catch { return error }
      return nil
    }
    if let result { throw result }
  }

  public func write(_ text: String) throws(PluginError) { try write(Array(text.utf8)) }
}
