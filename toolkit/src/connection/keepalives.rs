//! How the operating system watches over an idle connection.

use std::time::Duration;

use postgres::Config;

use super::parameters::{Parameter, Parameters};
use crate::error::Result;

/// The parameters `keepalives...` and `tcp_user_timeout`; what is `None` is the system's default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keepalives {
    enabled: bool,
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
    user_timeout: Option<Duration>,
}

impl Keepalives {
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self> {
        let seconds = |parameter| -> Result<Option<Duration>> {
            let number = parameters.positive_number(parameter)?;
            Ok(number.map(|number| Duration::from_secs(u64::from(number))))
        };
        let user_timeout = parameters.positive_number(Parameter::TcpUserTimeout)?;
        Ok(Self {
            enabled: parameters.number(Parameter::Keepalives)? != Some(0),
            idle: seconds(Parameter::KeepalivesIdle)?,
            interval: seconds(Parameter::KeepalivesInterval)?,
            count: parameters.positive_number(Parameter::KeepalivesCount)?,
            user_timeout: user_timeout.map(|number| Duration::from_millis(u64::from(number))),
        })
    }

    pub(super) fn apply(self, config: &mut Config) {
        config.keepalives(self.enabled);
        if let Some(idle) = self.idle {
            config.keepalives_idle(idle);
        }
        if let Some(interval) = self.interval {
            config.keepalives_interval(interval);
        }
        if let Some(count) = self.count {
            config.keepalives_retries(count);
        }
        if let Some(timeout) = self.user_timeout {
            config.tcp_user_timeout(timeout);
        }
    }
}
