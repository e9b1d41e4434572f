"""The fast twins of loss, clustering and network, each proved equal to its readable original."""
