import AlphaLoopLoader
import CAlphaLoop

/// Asks a worker what a library offers, so that no code of an isolated library runs in this process.
public struct WorkerDescriber: Describer {
  public static let standard = WorkerDescriber()
  public init() {}

  public func descriptors(of path: String, deadline: Int64) throws(LoadError) -> [PluginDescriptor] {
    let process = try WorkerProcess(library: LibraryImage(path: path), inputs: nil, services: nil)
    let descriptors = try process.load(path, deadline: deadline)
    process.finish(deadline: deadline)
    return descriptors
  }
}

extension WorkerProcess {
  /// More rows an instrument than any idea needs; a descriptor from a worker is foreign data.
  private static let rowsPerInstrument: UInt32 = 4096

  /// Maps the library in the worker.
  func load(_ subject: String, deadline: Int64) throws(LoadError) -> [PluginDescriptor] {
    let answer: (status: al_status, payload: [UInt8])
    do {
      answer = try call(.load, [], now: 0, deadline: deadline)
    } catch {
      throw LoadError(subject, "cannot be loaded in a worker: \(error)", isFault: true)
    }
    guard answer.status == AL_OK else { throw LoadError(subject, String(decoding: answer.payload, as: UTF8.self)) }
    var wire = WireReader(answer.payload)
    var all: [PluginDescriptor] = []
    do {
      _ = try wire.streams()
      let count = try wire.word()
      guard count > 0, count <= 4096 else { throw WireError() }
      for _ in 0..<count { all.append(try PluginDescriptor(from: &wire)) }
    } catch {
      throw LoadError(subject, "\(broken("descriptors that cannot be read"))")
    }
    if let greedy = all.first(where: { $0.maxRows > Self.rowsPerInstrument }) {
      throw LoadError(
        subject, "'\(greedy.id)' wants \(greedy.maxRows) rows an instrument; the most is \(Self.rowsPerInstrument)")
    }
    return all
  }
}
