import CAlphaLoop
import CSystem
import Glibc

/// Making instances, of good and of hostile arguments.
enum CreateChecks {
  static let all: [Check] = [
    Check(
      "create.unknown", .everyPlugin, "an id that it does not have is an error with a text",
      advice: "compare the whole id by length; answer AL_E_ARGUMENT and say which ids there are", unknown),
    Check(
      "create.json", .everyPlugin, "broken, empty and random parameters never crash it",
      advice: "take parameters from the list, with a default for each; check what is read", json),
    Check(
      "create.bounds", .everyPlugin, "every bound of every parameter is taken, or refused with a text",
      advice: "do not size memory by a parameter in create; tighten the schema where a value cannot work", bounds),
    Check(
      "create.repeat", .everyPlugin, "making and destroying it 1,000 times leaves nothing behind",
      advice: "free in destroy what create took", repeated),
    Check(
      "create.independent", .everyPlugin, "two instances do not touch each other",
      advice: "keep state in the instance, not in globals", independent),
  ]

  private static func unknown(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    for id in [
      "", "no.such", subject.id + "x", String(subject.id.dropLast()), subject.id.uppercased(), subject.id + "\0",
    ] {
      context.phase("creating '\(id)'")
      let host = ValidatorHost(seed: context.seed)
      let (answer, _) = try subject.create(id: id, host: host)
      guard answer.isFailure else { throw .fail("makes an instance of the unknown id '\(id)'") }
      if answer.text.isEmpty { throw .fail("refuses the unknown id '\(id)' without a text") }
    }
    return ""
  }

  private static func json(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    var generator = context.random(51)
    let nested = String(repeating: "[", count: 2000)
    var texts = ["", "{", "null", "[]", "nonsense", "{\"unknown\":1}", "{\"a\":{\"b\":[1,2,{}]}}", nested, "\u{0}"]
    for _ in 0..<20 { texts.append(String(decoding: generator.bytes(generator.below(200)), as: UTF8.self)) }
    for text in texts {
      context.phase("creating with parameters '\(text.prefix(40))'")
      let host = ValidatorHost(seed: context.seed)
      let (answer, instance) = try subject.create(json: text, host: host)
      if let instance { instance.destroy?(instance.ctx) }
      if answer.isFailure, answer.text.isEmpty {
        throw .fail("refuses the parameters '\(text.prefix(40))' without a text")
      }
    }
    return "\(texts.count) texts"
  }

  private static func bounds(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    guard let schema = try? JSONValue.parse(cText(subject.descriptor.parameters)),
      let defaults = subject.defaults.object
    else { throw .skip("the schema is broken; see descriptor.schema") }
    var tried = 0
    for (name, property) in schema["properties"]?.object.map({ Array($0.members) }) ?? [] {
      var values = [property["minimum"], property["maximum"]].compactMap { $0 }
      values += (property["enum"]?.array ?? []) + (property["type"]?.string == "boolean" ? [true, false] : [])
      for value in values {
        context.phase("creating with \(name) = \(value.text)")
        var parameters = defaults
        parameters[name] = value
        let host = ValidatorHost(seed: context.seed)
        let (answer, instance) = try subject.create(parameters: .object(parameters), host: host)
        if let instance { instance.destroy?(instance.ctx) }
        if answer.isFailure, answer.text.isEmpty { throw .fail("refuses \(name) = \(value.text) without a text") }
        tried += 1
      }
    }
    return "\(tried) bounds"
  }

  /// Bytes that every instance may leave behind: pages of the allocator are not exact.
  private static let allowance = 32

  private static func repeated(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    func rounds(_ count: Int) throws(Finding) {
      for k in 0..<count {
        if k % 100 == 0 { context.phase("creating and destroying, \(k) done") }
        let prepared = try PreparedInstance(subject)
        prepared.instance.destroy()
        withExtendedLifetime(prepared) {}
      }
    }
    try rounds(100)
    let before = Int(al_allocated_bytes())
    let descriptors = al_open_descriptor_count()
    try rounds(1000)
    let grown = (Int(al_allocated_bytes()) - before) / 1000
    let opened = al_open_descriptor_count() - descriptors
    if opened > 0 { throw .fail("1,000 instances left \(opened) descriptors open") }
    if grown > allowance { throw .fail("every instance leaves \(grown) bytes behind when it is destroyed") }
    return "\(max(0, grown)) bytes each"
  }

  private static func independent(_ context: CheckContext) throws(Finding) -> String {
    let subject = try context.subject()
    guard subject.isKind(AL_KIND_AGENT) else {
      let (a, b) = (try PreparedInstance(subject, name: "first"), try PreparedInstance(subject, name: "second"))
      context.phase("starting two instances")
      try a.instance.start()
      let answer = try b.instance.tryStart()
      if !answer.isFailure { try b.instance.stop() }
      b.instance.destroy()
      try a.instance.stop()
      a.instance.destroy()
      if answer.isFailure { throw .warn("a second instance does not start beside the first: \(answer.description)") }
      return withExtendedLifetime((a, b)) { "" }
    }
    let bench = try AgentBench(context)
    if !bench.subject.isDeterministic { throw .skip("the descriptor does not claim determinism") }
    context.phase("evaluating two instances in turn")
    let other = SyntheticMarket(
      instruments: bench.market.series.count, bars: bench.market.times.count, rhythm: bench.market.rhythm,
      seed: context.seed &+ 1)
    let first = try AgentRun(bench.subject, bench.market)
    let second = try AgentRun(bench.subject, other)
    try first.start()
    try second.start()
    var answers: [Answer] = []
    for k in bench.market.times.indices {
      answers += try first.run(k..<k + 1)
      _ = try second.run(k..<k + 1)
    }
    try second.end()
    try first.end()
    try AgentBench.same(bench.answers, answers, "with another instance beside it")
    return ""
  }
}
