import TWSProtocol
import Testing

@Suite struct TWSRequestReadTests {
  /// Every recorded frame is read as the request that was made, and written again in our own spelling.
  @Test func everyRecordedRequestIsUnderstood() throws {
    var methods: Set<String> = []
    let vectors = try TWSRequestVectors().vectors
    for vector in vectors {
      let version = try #require(ServerVersion(vector.serverVersion))
      let comparison = try TWSFrameComparison(vector)
      let received = try Request.receive(vector.frame.dropFirst(4), version)
      #expect(received.surplus == 0, "\(vector.name)")
      let outcome = comparison.outcome(try received.request.frame(version))
      #expect(outcome.isAccepted, "\(vector.name)@\(vector.serverVersion): \(outcome)")
      methods.insert(vector.method)
    }
    print("TWSRequest: \(vectors.count) frames of \(methods.count) methods are read")
    #expect(vectors.count >= 526 && methods.count >= 56)
  }

  /// A field less is noticed, or it is read as another request; a field more is told as one.
  @Test func aFieldMoreOrLessIsNoticed() throws {
    var missed: [String] = []
    for vector in try TWSRequestVectors().vectors {
      let version = try #require(ServerVersion(vector.serverVersion))
      let fields = TWSFrameComparison.fields(vector.frame)
      let request = try Request.decode(vector.frame.dropFirst(4), version)
      for place in fields.indices {
        var fewer = fields
        fewer.remove(at: place)
        let bytes = TWSFrameComparison.frame(fewer)
        guard let other = try? Request.receive(bytes.dropFirst(4), version), other.request == request else { continue }
        missed.append("\(vector.method):\(place)")
      }
      let more = TWSFrameComparison.frame(fields + ["x"])
      if let other = try? Request.receive(more.dropFirst(4), version), other.surplus == 0 {
        missed.append("\(vector.method)+")
      }
    }
    // These have a count of options before the options with some clients: a field less or more is another form of them.
    let calculations = missed.filter { $0.hasPrefix("calculate") }
    #expect(missed.count == calculations.count, "\(Set(missed).sorted())")
  }

  @Test func everyVersionReadsWhatAClientWritesForIt() throws {
    var read = 0
    for vector in try TWSRequestVectors().vectors {
      let recorded = try #require(ServerVersion(vector.serverVersion))
      let request = try Request.decode(vector.frame.dropFirst(4), recorded)
      for number in ServerVersion.supported {
        guard let version = ServerVersion(number), let payload = try? request.payload(version) else { continue }
        let again = try Request.receive(payload[...], version)
        #expect(again.surplus == 0, "\(vector.name) for \(number)")
        #expect(try again.request.payload(version) == payload, "\(vector.name) for \(number)")
        read += 1
      }
    }
    #expect(read > 12_000)
  }

  @Test func greetingsAreReadAndVersionsAgreedOn() throws {
    let highest = try #require(ServerVersion(200))
    for (text, number, options) in [
      ("v100..226 +PACEAPI", 200, "+PACEAPI"), ("v157..178", 178, ""), ("v176", 176, ""), ("v176..200", 200, ""),
      ("v100..175", nil, ""), ("v201..226", nil, ""),
    ] as [(String, Int?, String)] {
      let greeting = try ClientGreeting(Array(text.utf8)[...])
      #expect(greeting.connectOptions == options && greeting.version(upTo: highest)?.number == number, "\(text)")
    }
    for text in ["", "176..200", "v", "v200..176", "v-1..3", "v1..x", "vx", "GET / HTTP/1.1", "v1...2"] {
      #expect(throws: WireError.self, "\(text)") { try ClientGreeting(Array(text.utf8)[...]) }
    }
    #expect(throws: WireError.self) {
      try ClientGreeting(Array(("v1..2 " + String(repeating: "x", count: 2000)).utf8)[...])
    }
    for shake in try TWSRequestVectors().handshakes {
      let greeting = try ClientGreeting(shake.hello.dropFirst(8))
      #expect(greeting.version(upTo: highest)?.number == shake.serverVersion || shake.serverVersion == 176)
      #expect(greeting.connectOptions == shake.connectOptions)
    }
  }

  @Test func foreignBytesAreRefused() throws {
    let version = try #require(ServerVersion(200))
    for text in [
      "", "x", "3", "3\0", "3\u{0}1\u{0}", "9999\u{0}", "-1\u{0}",
      "7\u{0}3\u{0}1\u{0}0\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}2000000\u{0}",
    ] {
      #expect(throws: WireError.self) { try Request.decode(Array(text.utf8)[...], version) }
    }
    #expect(throws: WireError.malformed(field: "messageId", text: "777")) {
      try Request.decode(Array("777\u{0}".utf8)[...], version)
    }
  }
}
