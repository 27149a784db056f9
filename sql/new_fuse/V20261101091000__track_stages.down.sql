select steward.detach('features', 'stages');
