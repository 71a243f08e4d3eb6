"""Who gets which address."""

from __future__ import annotations

import pytest

from steersman.cluster.network.addresses import AddressesExhausted, AddressPool, pod_addresses, service_addresses


def test_an_address_is_given_once_and_a_freed_one_not_at_once_again() -> None:
    pool = AddressPool("10.0.0.0/29")
    given = [pool.take() for _ in range(3)]
    assert len(set(given)) == 3
    pool.release(given[0])
    assert pool.take() not in given


def test_a_full_range_says_so() -> None:
    pool = AddressPool("10.0.0.0/30")
    pool.take()
    pool.take()
    with pytest.raises(AddressesExhausted):
        pool.take()


def test_claiming() -> None:
    pool = service_addresses()
    assert pool.claim("10.96.0.77")
    assert not pool.claim("10.96.0.77")
    assert not pool.claim("10.96.0.10")  # cluster DNS
    with pytest.raises(ValueError, match="not in the valid range"):
        pool.claim("192.168.0.1")


def test_the_gateway_is_no_pods() -> None:
    assert pod_addresses().take() == "10.244.0.2"
