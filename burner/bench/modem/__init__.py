"""Simulated modems and the Tencent AT firmware."""
