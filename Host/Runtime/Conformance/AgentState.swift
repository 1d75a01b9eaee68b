import AlphaLoopLoader
import CAlphaLoop

/// Saving and restoring through `alphaloop.state/1`.
enum AgentState {
  static func save(_ instance: Instance) throws(Finding) -> [UInt8] {
    let table = try instance.table(AL_INTERFACE_STATE, al_state_v1.self)
    guard let save = table.save else { throw .fail("save is NULL") }
    let collector = ByteCollector()
    var sink = collector.sink
    let answer = try reply("save") { save(instance.c.ctx, &sink, $0) }
    if answer.isFailure { throw .fail("save fails: \(answer.description)") }
    return withExtendedLifetime(collector) { collector.bytes }
  }

  static func restore(_ instance: Instance, _ bytes: [UInt8], version: UInt32? = nil, chunk: Int = .max) throws(Finding)
    -> Reply
  {
    let table = try instance.table(AL_INTERFACE_STATE, al_state_v1.self)
    guard let restore = table.restore else { throw .fail("restore is NULL") }
    let feeder = ByteFeeder(bytes, chunk: chunk)
    var source = feeder.source
    let answer = try reply("restore") {
      restore(instance.c.ctx, version ?? instance.subject.descriptor.state_version, &source, $0)
    }
    return withExtendedLifetime(feeder) { answer }
  }
}
