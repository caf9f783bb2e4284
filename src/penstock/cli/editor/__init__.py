"""What an editor asks while a pipeline is written: `penstock lsp`, on the compiler itself.

All but `server.py` is plain: texts and places in, records out. It knows nothing of the protocol.
"""
