"""The composition root: stores, scheduler, agents and services, put together and served."""
