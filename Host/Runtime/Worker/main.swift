import AlphaLoopLoader
import CSystem
import Glibc

// One plugin instance in a process of its own: the same loader as the host's, without the host. Started by the host only,
// with descriptors 3 (control block), 4 (the library's bytes) and, unless it only describes, 5 (what agents read).

let arguments = CommandLine.arguments
guard arguments.count == 3, arguments[1] == "serve" || arguments[1] == "describe" else {
  print("alphaloop-worker is started by alphaloop; it runs one plugin in a process of its own.")
  exit(2)
}

do {
  // At the host's addresses, so before any library is mapped.
  let control = try SharedArena.attach(descriptor: 3, access: .readWrite)
  let inputs = arguments[1] == "serve" ? try SharedArena.attach(descriptor: 5, access: .read) : nil
  guard let block = WorkerBlock(attached: control) else {
    throw LoadError("alphaloop-worker", "it is of another version than alphaloop; install both from one build")
  }
  withExtendedLifetime((control, inputs)) {
    Service(block, control, path: arguments[2]).run()
  }
} catch {
  let text = Array("\(error)\n".utf8)
  _ = write(2, text, text.count)
  exit(3)
}
