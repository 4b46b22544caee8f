"""IPC-CFX (IPC-2591) over AMQP 1.0: the events of `burner.mes` as messages of that standard.

Names of messages, fields and values are those of the standard, version 2.1, as IPC's public SDK has
them (github.com/IPCConnectedFactoryExchange/CFX).
"""
