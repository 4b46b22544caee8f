"""The station and its MES: what is told, by which thread it is sent, what is asked before."""
