select steward.track_stages('features');
