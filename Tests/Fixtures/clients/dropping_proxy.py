"""Forwards a port to a gateway and leaves one field out of one kind of message: dropping_proxy.py PORT MESSAGE FIELD

Prints the port that it listens on. It shows that a session fails when a message is not what the protocol says.
"""
import socket
import sys
import threading

TARGET, MESSAGE, FIELD = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])


def forward(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    close(source, sink)


def drop(source, sink):
    held = b""
    try:
        while data := source.recv(65536):
            held += data
            while len(held) >= 4 and len(held) >= 4 + int.from_bytes(held[:4], "big"):
                length = int.from_bytes(held[:4], "big")
                payload, held = held[4:4 + length], held[4 + length:]
                fields = payload.split(b"\0")
                if fields[0] == MESSAGE:
                    del fields[FIELD]
                    payload = b"\0".join(fields)
                sink.sendall(len(payload).to_bytes(4, "big") + payload)
    except OSError:
        pass
    close(source, sink)


def close(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", TARGET))
    threading.Thread(target=forward, args=(client, server), daemon=True).start()
    threading.Thread(target=drop, args=(server, client), daemon=True).start()
