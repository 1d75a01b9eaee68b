import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// The answer to one call across the boundary.
struct Reply {
  var status: al_status
  var text: String

  var isFailure: Bool { status < 0 }
  var description: String { "\(statusName(status))\(text.isEmpty ? "" : ": \(text)")" }
}

/// Calls a function that reports into an error buffer, and checks that it stayed inside of it.
func reply(
  _ action: String, capacity: Int = 512, _ call: (UnsafeMutablePointer<al_error_v1>) -> al_status
) throws(Finding) -> Reply {
  var text = [CChar](repeating: 0, count: capacity + 16)
  let canary = CChar(0x5A)
  for i in capacity..<capacity + 16 { text[i] = canary }
  var err = al_error_v1()
  let status = text.withUnsafeMutableBufferPointer { buffer in
    err = al_error_v1(
      size: UInt32(MemoryLayout<al_error_v1>.size), code: AL_OK, buf: capacity == 0 ? nil : buffer.baseAddress,
      cap: UInt32(capacity), len: 0, retry_after_ns: 0)
    return call(&err)
  }
  guard err.len <= UInt32(capacity) else {
    throw .fail("\(action) says its error text has \(err.len) bytes in a buffer of \(capacity)")
  }
  guard text[capacity...].allSatisfy({ $0 == canary }) else {
    throw .fail("\(action) wrote its error text past the end of a buffer of \(capacity) bytes")
  }
  let message = String(decoding: text[0..<Int(err.len)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return Reply(status: status, text: message)
}

/// One plugin of a library, and how to make instances of it.
struct Subject {
  let library: SubjectLibrary
  let entry: al_entry_v1
  let descriptor: al_descriptor_v1
  let id: String
  let schema: JSONSchema?
  let context: CheckContext

  init(_ library: SubjectLibrary, id: String, context: CheckContext) throws(Finding) {
    self.library = library
    self.id = id
    self.context = context
    entry = try library.negotiated()
    descriptor = try library.descriptor(id)
    schema = (try? JSONValue.parse(cText(descriptor.parameters))).flatMap { try? JSONSchema($0) }
  }

  func isKind(_ kind: UInt32) -> Bool { descriptor.kinds & kind != 0 }
  var isDeterministic: Bool { descriptor.flags & AL_FLAG_DETERMINISTIC != 0 }

  /// The defaults of the schema under the parameters that were given. Paths lie in the check's folder, whatever they start at
  /// otherwise, and a folder that has no useful default is that one.
  var defaults: JSONValue {
    let text = getenv(CheckRunner.parametersVariable).map { String(cString: $0) } ?? ""
    let given = (try? JSONValue.parse(text))?.object ?? JSONObject()
    guard let schema else { return .object(given) }
    let resolved = schema.mappingPaths(in: schema.resolve(.object(JSONObject())).value, inFolder)
    var values = resolved.object ?? JSONObject()
    for name in ["path", "directory", "folder"] where values[name] == "" { values[name] = .string(context.folder) }
    for (name, value) in given.members { values[name] = value }
    return schema.resolve(.object(values)).value
  }

  private func inFolder(_ path: String) -> String {
    guard !path.isEmpty, !path.hasPrefix("/") else { return path }
    let names = path.split(separator: "/").filter { $0 != "." && $0 != ".." }
    return "\(context.folder)/\(names.joined(separator: "/"))"
  }

  /// Everything that the descriptor says it can use.
  var inputs: UInt64 { descriptor.inputs }

  /// Calls create; the instance is nil when it failed.
  func create(
    id: String? = nil, parameters: JSONValue? = nil, json: String? = nil, inputs: UInt64? = nil,
    host: ValidatorHost, instance: String = "validated"
  ) throws(Finding) -> (reply: Reply, instance: al_instance_v1?) {
    guard let create = entry.create else { throw .fail("the entry's create is NULL") }
    let value = parameters ?? defaults
    var out = al_instance_v1()
    out.size = UInt32(MemoryLayout<al_instance_v1>.size)
    let memory = CArguments()
    let leaves = json == nil ? ParameterTable.flatten(value) : []
    let sorted = leaves.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    var args = al_create_v1(
      size: UInt32(MemoryLayout<al_create_v1>.size), n_parameters: UInt32(sorted.count), id: memory.text(id ?? self.id),
      instance: memory.text(instance), parameters_json: memory.text(json ?? value.canonicalText),
      parameters: memory.array(sorted.map(memory.parameter)), inputs: inputs ?? self.inputs)
    let answer = try reply("create") { create(host.table, &args, &out, $0) }
    withExtendedLifetime(memory) {}
    return (answer, answer.isFailure ? nil : out)
  }

  /// An instance that must come to be.
  func make(
    parameters: JSONValue? = nil, inputs: UInt64? = nil, seed: UInt64? = nil, instance: String = "validated"
  ) throws(Finding) -> Instance {
    let host = ValidatorHost(seed: seed ?? context.seed)
    let (answer, c) = try create(parameters: parameters, inputs: inputs, host: host, instance: instance)
    guard let c else { throw .fail("create with default parameters fails: \(answer.description)") }
    guard c.size == UInt32(MemoryLayout<al_instance_v1>.size) else {
      throw .fail("create gave an instance of size \(c.size), al_instance_v1 has \(MemoryLayout<al_instance_v1>.size)")
    }
    guard c.get_interface != nil, c.start != nil, c.stop != nil, c.destroy != nil else {
      throw .fail("create gave an instance with a NULL function")
    }
    return Instance(c, host: host, subject: self)
  }
}

/// An instance under test. Destroying it is the check's job: nothing is called behind its back.
final class Instance {
  let c: al_instance_v1
  let host: ValidatorHost
  let subject: Subject

  init(_ c: al_instance_v1, host: ValidatorHost, subject: Subject) {
    self.c = c
    self.host = host
    self.subject = subject
  }

  func tryStart() throws(Finding) -> Reply {
    host.isStopped = false
    return try reply("start") { c.start(c.ctx, $0) }
  }

  func start() throws(Finding) {
    let answer = try tryStart()
    if answer.isFailure { throw .fail("start fails: \(answer.description)") }
  }

  func tryStop() throws(Finding) -> Reply {
    let answer = try reply("stop") { c.stop(c.ctx, $0) }
    host.isStopped = true
    return answer
  }

  func stop() throws(Finding) {
    let answer = try tryStop()
    if answer.isFailure { throw .fail("stop fails: \(answer.description)") }
  }

  func destroy() { c.destroy(c.ctx) }

  /// The table of an interface, its size checked.
  func table<T: BitwiseCopyable>(_ id: String, _ type: T.Type) throws(Finding) -> T {
    guard let raw = c.get_interface(c.ctx, id) else { throw .fail("get_interface(\"\(id)\") gives NULL") }
    let size = raw.loadUnaligned(as: UInt32.self)
    guard size == UInt32(MemoryLayout<T>.size) else {
      throw .fail("the table of \(id) says size \(size), \(T.self) has \(MemoryLayout<T>.size) bytes")
    }
    return raw.loadUnaligned(as: T.self)
  }
}

/// Memory for the arguments of a call.
final class CArguments {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var texts: [String: al_str_v1] = [:]
  private let shared: (any InputMemory)?

  /// - Parameter shared: where to take memory from that another process is to see.
  init(shared: (any InputMemory)? = nil) { self.shared = shared }
  deinit { for block in blocks { block.deallocate() } }

  func text(_ text: String) -> al_str_v1 {
    let bytes = Array(text.utf8)
    return al_str_v1(ptr: array((bytes + [0]).map { CChar(bitPattern: $0) }), len: UInt64(bytes.count))
  }

  /// The same text is stored once.
  func cached(_ text: String) -> al_str_v1 {
    if let known = texts[text] { return known }
    let made = self.text(text)
    texts[text] = made
    return made
  }

  func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> { UnsafePointer(mutable(values)) }

  func mutable<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    if let shared {
      let bytes = max(1, values.count) * MemoryLayout<T>.stride
      let block = shared.allocate(bytes: bytes).bindMemory(to: T.self, capacity: max(1, values.count))
      block.initialize(from: values, count: values.count)
      return block
    }
    let block = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    block.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return block
  }

  func parameter(_ p: PluginParameter) -> al_param_v1 {
    var c = al_param_v1()
    c.name = text(p.name)
    switch p.value {
    case .bool(let value): (c.type, c.integer) = (AL_PARAM_BOOL, value ? 1 : 0)
    case .integer(let value): (c.type, c.integer, c.number) = (AL_PARAM_INTEGER, value, Double(value))
    case .number(let value): (c.type, c.number) = (AL_PARAM_NUMBER, value)
    case .text(let value): (c.type, c.text) = (AL_PARAM_TEXT, text(value))
    }
    return c
  }
}
