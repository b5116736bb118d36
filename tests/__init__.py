"""Tests. A package of its own name, since a library installs one called ``tests`` as well."""
