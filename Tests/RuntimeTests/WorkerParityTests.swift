import AlphaLoopLoader
import AlphaLoopRuntime
import CAlphaLoop
import Testing

@Suite("An isolated agent answers as one in the host's process")
struct WorkerParityTests {
  private func both(_ setup: WorkerWorld.Setup, bars: Int) throws -> (host: WorkerWorld, worker: WorkerWorld) {
    let host = try WorkerWorld(setup, isolated: false)
    let worker = try WorkerWorld(setup, isolated: true)
    for world in [host, worker] {
      try world.start()
      world.run(bars)
    }
    return (host, worker)
  }

  @Test("momentum over 400 bars of 20 names: equal rows, journal and state, byte for byte")
  func momentum() throws {
    var setup = try WorkerWorld.Setup(product: "momentum", id: "mom.tsmom", parameters: momentumParameters)
    setup.instruments = 20
    setup.bars = 400
    let (host, worker) = try both(setup, bars: 400)
    #expect(host.answers.count == 400)
    #expect(host.answers.last?.count == 20 * 2 * MemoryLayout<al_row_v1>.stride)
    #expect(worker.answers == host.answers)
    let (a, b) = (try host.outcome(), try worker.outcome())
    #expect(a.journal == b.journal)
    #expect(a.journal.count > 400 * 32)
    #expect(a.state == b.state)
    #expect(host.agent.descriptor == worker.agent.descriptor)
    #expect(host.agent.needs.lookback == worker.agent.needs.lookback)
  }

  @Test("control: another market gives other bytes")
  func control() throws {
    var setup = try WorkerWorld.Setup(product: "momentum", id: "mom.tsmom", parameters: momentumParameters)
    setup.bars = 300
    let host = try WorkerWorld(setup, isolated: false)
    setup.seed = 12
    let worker = try WorkerWorld(setup, isolated: true)
    for world in [host, worker] {
      try world.start()
      world.run(300)
    }
    #expect(worker.answers != host.answers)
  }

  @Test("random numbers, time, timers, secrets, logs, metrics and state are the same on both sides")
  func services() throws {
    let (host, worker) = try both(try WorkerWorld.Setup("steady"), bars: 64)
    #expect(worker.answers == host.answers)
    #expect(host.answers.count > 64, "timers fire")
    let (a, b) = (try host.outcome(), try worker.outcome())
    #expect(a.journal == b.journal)
    #expect(a.state == b.state)
    #expect(a.streams == b.streams)
    #expect(a.streams.count == 6)
    #expect(host.messages == worker.messages)
    #expect(host.messages.count == 5)
    #expect(host.messages.first == "secret 0, -7, 6 bytes abc123")
    #expect(worker.services.metrics == host.services.metrics)
    #expect(worker.services.metrics == [Double(host.answers.count)])
  }

  @Test("state moves from the host's process into a worker and back, and the run goes on unchanged")
  func placement() throws {
    let setup = try WorkerWorld.Setup("steady")
    let whole = try WorkerWorld(setup, isolated: false)
    try whole.start()
    whole.run(48)
    var expected = whole.answers[...]
    var state: [UInt8] = []
    var streams: [(stream: UInt64, state: UInt64)] = []
    for (part, isolated) in [(0, false), (1, true), (2, false)] {
      let world = try WorkerWorld(setup, isolated: isolated)
      if part > 0 {
        world.services.randomState = streams
        try world.agent.restore(state, version: 1)
      }
      try world.start()
      world.skip(part * 12)
      world.run(12)
      for answer in world.answers {
        #expect(answer == expected.removeFirst())
      }
      state = try world.agent.save()
      streams = world.services.randomState
      try world.agent.stop()
    }
  }

  @Test("a worker tells a library's descriptors")
  func describe() throws {
    for product in ["momentum", "arbitrage", "ridge"] {
      let path = try WorkerFixture.product(product)
      #expect(
        try WorkerDescriber.standard.descriptors(of: path, deadline: 5_000_000_000)
          == LoadedLibrary.load(path).descriptors)
    }
  }

  @Test("a library that is none, one that is missing, and an unknown agent are errors with their reason")
  func wrong() throws {
    let text = failure { try WorkerDescriber.standard.descriptors(of: "/etc/passwd", deadline: 5_000_000_000) }
    #expect(text?.contains("/etc/passwd: cannot be loaded") == true)
    #expect(
      failure { try WorkerDescriber.standard.descriptors(of: "/no/such.so", deadline: 5_000_000_000) }
        == "/no/such.so: cannot be read: No such file or directory")
    var setup = try WorkerWorld.Setup("steady")
    setup.id = "fixture.none"
    #expect(
      failure { try WorkerWorld(setup, isolated: true) }
        == "subject: \(setup.library) has no 'fixture.none'; it has fixture.steady")
  }

  @Test("a broken parameter gives the same error in a worker")
  func parameters() throws {
    var setup = try WorkerWorld.Setup(product: "momentum", id: "mom.tsmom", parameters: [])
    setup.parameters = []
    let host = failure { try WorkerWorld(setup, isolated: false) }
    #expect(host?.contains("lookback") == true)
    #expect(failure { try WorkerWorld(setup, isolated: true) } == host)
  }
}
