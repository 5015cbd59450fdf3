"""Whether our tables, the mailbox and HubSpot agree. A module for each kind of finding, `checks` lists them, `report`
looks and repairs."""
